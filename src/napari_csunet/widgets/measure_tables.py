"""The small tables of a measurement: area fractions with their intervals, and the figures of one class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QFont
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from napari_csunet.export.numbers import count_text, interval_text, number_text
from napari_csunet.widgets.class_table import headers, swatch
from napari_csunet.widgets.measure_work import MeasuredMasks

if TYPE_CHECKING:
    from napari_csunet.measurement.rows import Row

FIGURES_HEIGHT = 148
NUMBER, AREA = "number", "area"
FIGURES: tuple[tuple[str, str, str, str], ...] = (
    ("Objects, counted", "count", "counted", ""),
    ("Objects, all", "count", "all objects", ""),
    ("Objects per area", "count_per_area", "mean", ""),
    ("Diameter, mean", "equivalent_diameter", "mean", NUMBER),
    ("Diameter, D10", "equivalent_diameter", "D10", NUMBER),
    ("Diameter, median", "equivalent_diameter", "median", NUMBER),
    ("Diameter, D90", "equivalent_diameter", "D90", NUMBER),
    ("by area, median", "equivalent_diameter", "median", AREA),
    ("Area, mean", "area", "mean", NUMBER),
    ("Aspect ratio, mean", "aspect_ratio", "mean", NUMBER),
    ("Neighbour distance", "nearest_neighbour", "mean", NUMBER),
    ("Grain size number G", "grain_size_number", "ASTM E112 G", ""),
    ("Grain intercept", "lineal_intercept", "mean, random lines", ""),
    ("Thickness, mean", "layer_thickness", "mean", ""),
    ("Thickness, smallest", "layer_thickness", "minimum", ""),
    ("Thickness, largest", "layer_thickness", "maximum", ""),
    ("Thickness, deviation", "layer_thickness", "standard deviation", ""),
    ("Intercept length", "intercept_length", "mean, random lines", ""),
    ("Free path", "free_path", "mean, random lines", ""),
    ("Interface per area", "interface_per_area", "mean", ""),
    ("Interface per volume", "interface_per_volume", "mean", ""),
)
"""What a person calls a number, and its quantity, statistic and weighting in the summary."""


class _LowTable(QTableWidget):
    """Asks for no more than its least height, and takes what is left."""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(super().sizeHint().width(), self.minimumHeight())


class PhaseTable(_LowTable):
    """Three lines a field of view: its name, the area fraction of each class, and the interval below."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("phase_table")
        self.setToolTip("Share of each class, and the 95 % confidence interval in brackets. All numbers are exported.")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        headers(self)[0].hide()

    def show_measured(self, measured: MeasuredMasks, names: Sequence[str]) -> None:
        classes = measured.classes.classes
        self.clear()
        self.clearSpans()
        self.setColumnCount(len(classes))
        self.setRowCount(2 * len(names))
        for column, c in enumerate(classes):
            self.setHorizontalHeaderItem(column, QTableWidgetItem(swatch(c.colour), c.name))
        for place, name in enumerate(names):
            self._show_name(2 * place, name)
            for column, c in enumerate(classes):
                row = measured.study.row("area_fraction", "mean", c.name, micrograph=name)
                item = _fraction(row)
                item.setFont(small_font(self))
                self.setItem(2 * place + 1, column, item)
        self._size(len(names))

    def _show_name(self, row: int, name: str) -> None:
        item = QTableWidgetItem(name)
        item.setToolTip(name)
        self.setItem(row, 0, item)
        if self.columnCount() > 1:
            self.setSpan(row, 0, 1, self.columnCount())

    def _size(self, micrographs: int) -> None:
        columns = headers(self)[1]
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setMinimumSectionSize(92)
        line = self.fontMetrics().height()
        for row in range(self.rowCount()):
            self.setRowHeight(row, 2 * line + 6 if row % 2 else line + 4)
        heights = [columns.sizeHint().height() + n * (3 * line + 10) + 8 for n in (1, micrographs)]
        self.setMinimumHeight(heights[0])
        self.setMaximumHeight(heights[1])


class FigureTable(_LowTable):
    """One line a number, with interval and unit."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setObjectName("figure_table")
        self.setToolTip("Numbers of the chosen class; with units. Right: 95 % confidence intervals.")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        lines, columns = headers(self)
        lines.hide()
        columns.hide()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        lines.setDefaultSectionSize(20)
        self.setMinimumHeight(FIGURES_HEIGHT)

    def show_class(self, measured: MeasuredMasks, class_name: str, micrograph: str) -> None:
        rows = [
            (title, measured.study.row(q, s, class_name, weighting, micrograph)) for title, q, s, weighting in FIGURES
        ]
        known = [(title, row) for title, row in rows if math.isfinite(row.value)]
        self.setRowCount(len(known))
        for line, (title, row) in enumerate(known):
            for column, text in enumerate((title, *_figure(row))):
                item = QTableWidgetItem(text)
                item.setFont(small_font(self))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(f"Interval: {row.method}" if row.method else "")
                self.setItem(line, column, item)


def small_font(widget: QWidget) -> QFont:
    font = QFont(widget.font())
    font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
    return font


def _fraction(row: Row) -> QTableWidgetItem:
    item = QTableWidgetItem(interval_text(row.value, row.low, row.high).replace(" (", "\n("))
    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
    item.setToolTip(f"Interval: {row.method}" if row.method else "No interval is known.")
    return item


def _figure(row: Row) -> tuple[str, str]:
    """Number with unit, and its interval."""
    if row.quantity == "count":
        return count_text(row.value), ""
    if not math.isfinite(row.low):
        return f"{number_text(row.value)} {row.unit}".strip(), ""
    number, _, rest = interval_text(row.value, row.low, row.high).partition(" (")
    interval, _, power = rest.partition(")")
    return f"{number}{power} {row.unit}".strip(), f"{interval}{power}"
