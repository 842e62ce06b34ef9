"""The table of area fractions: one row a micrograph, one column a class, nothing cut however narrow the panel is."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.class_table import headers, swatch

VISIBLE_ROWS = 8
NARROW = 10
"""Width of the empty cell before the numbers of a name that has a row of its own."""
Fractions = Mapping[str, Mapping[str, float]]


class FractionTable(QTableWidget):
    """Where a name and its numbers do not fit beside each other, the name gets a row of its own above them."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("area_fraction_table")
        self.setToolTip("Share of each class among the pixels of a micrograph.")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        rows, columns = headers(self)
        rows.hide()
        columns.setMinimumSectionSize(NARROW)
        self._fractions: Fractions = {}
        self._classes: ClassTable | None = None
        self._in_two_rows = False

    def set_fractions(self, fractions: Fractions, classes: ClassTable) -> None:
        self._fractions, self._classes = dict(fractions), classes
        self._fill()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._classes is not None and self._fits() is self._in_two_rows:
            self._fill()

    def _fits(self) -> bool:
        """Whether the longest name fits beside the numbers."""
        metrics = self.fontMetrics()
        longest = max((metrics.horizontalAdvance(name) for name in self._fractions), default=0) + 14
        return longest + self._width_of_numbers() <= self.width() - 2 * self.frameWidth() - 16

    def _width_of_numbers(self) -> int:
        columns = headers(self)[1]
        return sum(columns.sectionSizeHint(column) for column in range(1, self.columnCount()))

    def _fill(self) -> None:
        if self._classes is None:
            return
        self.clearSpans()
        self.clear()
        self.setColumnCount(1 + len(self._classes))
        self.setHorizontalHeaderItem(0, QTableWidgetItem(""))
        for column, entry in enumerate(self._classes.classes, start=1):
            self.setHorizontalHeaderItem(column, QTableWidgetItem(swatch(entry.colour), entry.name))
        self._in_two_rows = not self._fits()
        height = 2 if self._in_two_rows else 1
        self.setRowCount(height * len(self._fractions))
        for place, (name, shares) in enumerate(self._fractions.items()):
            self._fill_micrograph(height * place, name, shares)
        self._size_sections(height)

    def _fill_micrograph(self, row: int, name: str, shares: Mapping[str, float]) -> None:
        item = QTableWidgetItem(name)
        item.setToolTip(name)
        self.setItem(row, 0, item)
        if self._in_two_rows:
            self.setSpan(row, 0, 1, self.columnCount())
        for column, entry in enumerate(self._classes.classes if self._classes else (), start=1):
            self.setItem(row + self._in_two_rows, column, _number(shares.get(entry.name)))

    def _size_sections(self, height: int) -> None:
        lines, columns = headers(self)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        if self._in_two_rows:
            columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
            columns.resizeSection(0, NARROW)
        else:
            columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        rows = min(VISIBLE_ROWS, height * len(self._fractions))
        self.setFixedHeight(columns.sizeHint().height() + rows * lines.defaultSectionSize() + 6)


def _number(share: float | None) -> QTableWidgetItem:
    item = QTableWidgetItem("–" if share is None or share != share else f"{share:.2f}")
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
