"""The table of objects: thousands of rows, sorted by a click on a column, a row a click away from its object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QScrollBar, QSizePolicy, QTableView

from napari_csunet.export.numbers import number_text
from napari_csunet.widgets.measure_distributions import PROPERTIES, unit_of

if TYPE_CHECKING:
    import pandas as pd

ROW_HEIGHT, FEWEST_ROWS = 20, 5
SAME_PLACE = 0.5
"""Pixels by which the centroid of an object may move that is still taken for the same one."""
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
NARROW = {"Aspect ratio": "Aspect", "Neighbour distance": "Neighbour", "Orientation": "Angle"}
NONE = QModelIndex()


class ObjectRow(NamedTuple):
    """Where an object is: field of view, class, number, centroid in pixels, and width in the unit of the tables."""

    field: str
    class_name: str
    label: int
    row: float
    column: float
    width: float


class _Column(NamedTuple):
    name: str
    header: str
    tooltip: str


class ObjectModel(QAbstractTableModel):
    """Texts are made as rows come on screen; sorting moves numbers only."""

    def __init__(self) -> None:
        super().__init__()
        self._objects: pd.DataFrame | None = None
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        self._columns: list[_Column] = []
        self._order: npt.NDArray[np.integer] = np.zeros(0, np.int64)

    def set_objects(self, objects: pd.DataFrame | None, unit: str) -> None:
        """Rows of one class; None for no row."""
        self.beginResetModel()
        self._objects = objects
        several = objects is not None and objects["micrograph"].nunique() > 1
        self._columns = [] if objects is None else _columns(unit, several=several)
        self._arrays = {} if objects is None else {c.name: objects[c.name].to_numpy() for c in self._columns}
        self._order = np.arange(0 if objects is None else len(objects))
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = NONE) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: QModelIndex = NONE) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = self._columns[index.column()]
        value = self._arrays[column.name][self._order[index.row()]]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(column.name, value)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.name != "micrograph":
            return RIGHT
        return str(value) if role == Qt.ItemDataRole.ToolTipRole and column.name == "micrograph" else None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        return {Qt.ItemDataRole.DisplayRole: column.header, Qt.ItemDataRole.ToolTipRole: column.tooltip}.get(
            Qt.ItemDataRole(role)
        )

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """What is no number comes last, either way."""
        if not 0 <= column < len(self._columns):
            return
        values = self._arrays[self._columns[column].name]
        keys = np.unique(values.astype(str), return_inverse=True)[1] if values.dtype == object else values
        keys = keys.astype(np.float64) * (1 if order == Qt.SortOrder.AscendingOrder else -1)
        self.layoutAboutToBeChanged.emit()
        before = self._order[[index.row() for index in self.persistentIndexList()]]
        self._order = np.argsort(keys, kind="stable")
        place = np.argsort(self._order)
        for old, row in zip(self.persistentIndexList(), before, strict=True):
            self.changePersistentIndex(old, self.index(int(place[row]), old.column()))
        self.layoutChanged.emit()

    def object_at(self, row: int) -> ObjectRow:
        if self._objects is None:
            raise IndexError(row)
        one = self._objects.iloc[int(self._order[row])]
        places = (float(one[name]) for name in ("row", "column", "feret_max"))
        return ObjectRow(str(one["micrograph"]), str(one["class"]), int(one["label"]), *places)

    def name_of_column(self, column: int) -> str:
        """Empty if there is none."""
        return self._columns[column].name if 0 <= column < len(self._columns) else ""

    def column_of(self, name: str) -> int:
        """-1 if there is none."""
        return next((place for place, c in enumerate(self._columns) if c.name == name), -1)

    def row_like(self, known: ObjectRow) -> int | None:
        """Row of the object of that class in that place, whatever its number is now."""
        if self._objects is None:
            return None
        same = (self._objects["micrograph"] == known.field) & (self._objects["class"] == known.class_name)
        for name in ("row", "column"):
            same &= (self._objects[name] - getattr(known, name)).abs() < SAME_PLACE
        found = np.flatnonzero(same.to_numpy()[self._order])
        return int(found[0]) if found.size else None

    def row_of(self, field: str, label: int) -> int | None:
        """Row that shows an object now."""
        if self._objects is None:
            return None
        own = (self._objects["micrograph"] == field) & (self._objects["label"] == label)
        found = np.flatnonzero(own.to_numpy()[self._order])
        return int(found[0]) if found.size else None


class ObjectTable(QTableView):
    """``picked``: the ObjectRow that was clicked, or reached by an arrow key."""

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("object_table")
        self.setToolTip("Click a row to see its object in the micrograph, and a column's title to sort by it.")
        self.objects = ObjectModel()
        self._is_restoring = False
        self.setModel(self.objects)
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setWordWrap(False)
        lines, columns = (cast(QHeaderView, one) for one in (self.verticalHeader(), self.horizontalHeader()))
        lines.hide()
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setDefaultSectionSize(ROW_HEIGHT)
        columns.setResizeContentsPrecision(30)  # rows that are looked at; all of them would take long
        bar = cast(QScrollBar, self.horizontalScrollBar()).sizeHint().height()
        self.setMinimumHeight(2 * self.fontMetrics().height() + 8 + FEWEST_ROWS * ROW_HEIGHT + bar + 4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        selection = self.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(self._on_current_row_changed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """It asks for no more than its fewest rows, and takes what is left."""
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def set_objects(self, objects: pd.DataFrame | None, unit: str) -> None:
        """How it is sorted and which object is selected stays as it is."""
        header, current = cast(QHeaderView, self.horizontalHeader()), self.currentIndex()
        sorted_by, order = self.objects.name_of_column(header.sortIndicatorSection()), header.sortIndicatorOrder()
        selected = self.objects.object_at(current.row()) if current.isValid() else None
        self.objects.set_objects(objects, unit)
        self.resizeColumnsToContents()
        column = self.objects.column_of(sorted_by)
        header.setSortIndicator(column, order)
        self.objects.sort(column, order)
        self._select_again(selected)

    def _select_again(self, selected: ObjectRow | None) -> None:
        """Without bringing it on screen, where it has been before."""
        row = None if selected is None else self.objects.row_like(selected)
        self._is_restoring = True
        if row is not None:
            self.setCurrentIndex(self.objects.index(row, 0))
        self._is_restoring = False

    def show_object(self, field: str, label: int) -> bool:
        """Selects the row of an object, if it has one, as if it had been clicked."""
        row = self.objects.row_of(field, label)
        if row is not None:
            self.setCurrentIndex(self.objects.index(row, 0))
        return row is not None

    def _on_current_row_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid() and not self._is_restoring:
            self.picked.emit(self.objects.object_at(current.row()))


def _columns(unit: str, *, several: bool) -> list[_Column]:
    columns = [_Column("label", "No.", "Number of the object in its micrograph, as in the exported tables.")]
    for title, quantity in PROPERTIES.items():
        own = unit_of(quantity, unit)
        tooltip = f"{quantity.title} ({own})" if own else quantity.title
        columns.append(_Column(quantity.name, f"{NARROW.get(title, title)}\n{own or '–'}", tooltip))
    columns.append(_Column("weight", "Counts\n×", "How much the object counts: 0 if the border cuts it off."))
    return columns + ([_Column("micrograph", "Micrograph", "Where the object is.")] if several else [])


def _text(name: str, value: Any) -> str:
    if name == "micrograph":
        return str(value)
    if name == "label":
        return f"{int(value)}"
    if name == "orientation":
        return f"{value:.0f}".replace("-", "−")
    return number_text(float(value), 3) if value else "0"
