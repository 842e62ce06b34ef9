"""Micrographs compared in numbers: one line a group."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_csunet.export.numbers import number_text
from napari_csunet.widgets.class_table import headers
from napari_csunet.widgets.measure_grouping import GroupFigures
from napari_csunet.widgets.measure_tables import small_font

MOST_LINES = 6
LINE = 20


class GroupTable(QTableWidget):
    """Hidden as long as there is nothing to compare."""

    def __init__(self) -> None:
        super().__init__(0, 4)
        self.setObjectName("group_table")
        self.setToolTip(
            "Area fraction: mean of the micrographs of a group ± standard deviation among them. "
            "Mean: of the plotted property of all their objects."
        )
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        lines, columns = headers(self)
        lines.hide()
        lines.setDefaultSectionSize(LINE)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.hide()

    def show_figures(self, figures: Sequence[GroupFigures], unit: str) -> None:
        """``unit``: of the mean of the property."""
        self.setHorizontalHeaderLabels(["Group", "n", "Area fraction", f"Mean\n{unit}" if unit else "Mean"])
        self.setRowCount(len(figures))
        for line, one in enumerate(figures):
            for column, text in enumerate((one.name, str(one.count), _fraction(one), number_text(one.mean))):
                item = QTableWidgetItem(text)
                item.setFont(small_font(self))
                item.setToolTip(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(line, column, item)
        self.setFixedHeight(headers(self)[1].sizeHint().height() + LINE * min(MOST_LINES, len(figures)) + 6)
        self.setVisible(len(figures) > 1)


def _fraction(one: GroupFigures) -> str:
    spread = f" ± {number_text(one.deviation, 2)}" if math.isfinite(one.deviation) else ""
    return f"{number_text(one.fraction)}{spread}"
