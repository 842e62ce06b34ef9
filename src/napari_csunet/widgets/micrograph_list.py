"""The list of micrographs: a check for those to use, a click to bring one on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem

VISIBLE_ROWS = 4
ROW_HEIGHT = 22


class MicrographList(QListWidget):
    """Names of micrographs; new ones are checked."""

    checks_changed = Signal()
    micrograph_picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("micrograph_list")
        self.setToolTip("The micrographs to learn from. Click one to bring it on screen, uncheck it to leave it out.")
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemChanged.connect(self._on_item_changed)
        self.itemClicked.connect(self._on_item_clicked)
        self._notes: dict[str, str] = {}

    def names(self) -> list[str]:
        return [_name(self.item(row)) for row in range(self.count())]

    def checked(self) -> list[str]:
        rows = (self.item(row) for row in range(self.count()))
        return [_name(item) for item in rows if item is not None and item.checkState() == Qt.CheckState.Checked]

    def current(self) -> str | None:
        item = self.currentItem()
        return _name(item) if item is not None else None

    def set_names(self, names: Sequence[str]) -> None:
        """Replaces the rows; what was unchecked stays so."""
        if list(names) == self.names():
            return
        unchecked, current = set(self.names()) - set(self.checked()), self.current()
        self.blockSignals(True)
        self.clear()
        for name in names:
            self.addItem(_item(name, checked=name not in unchecked))
        self.blockSignals(False)
        self.set_current(current if current in names else names[0] if names else None)
        rows = max(1, min(VISIBLE_ROWS, len(names)))
        self.setFixedHeight(rows * ROW_HEIGHT + 2 * self.frameWidth() + 2)
        self.set_notes(self._notes)

    def set_current(self, name: str | None) -> None:
        if name in self.names():
            self.setCurrentRow(self.names().index(name))

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """A few words behind each name."""
        self._notes = dict(notes)
        self.blockSignals(True)
        for row, name in enumerate(self.names()):
            item = self.item(row)
            if item is not None:
                item.setText(f"{name}  ·  {notes[name]}" if notes.get(name) else name)
        self.blockSignals(False)

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        self.checks_changed.emit()

    def _on_item_clicked(self, item: QListWidgetItem) -> None:
        self.micrograph_picked.emit(_name(item))


def _item(name: str, *, checked: bool) -> QListWidgetItem:
    item = QListWidgetItem(name)
    item.setData(Qt.ItemDataRole.UserRole, name)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
    item.setSizeHint(QSize(0, ROW_HEIGHT))
    item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
    return item


def _name(item: QListWidgetItem | None) -> str:
    return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""
