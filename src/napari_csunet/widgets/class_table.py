"""Edits the class table: one row a class with its colour, name and how much of it is painted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_csunet.classes import PALETTE, ClassTable, MicrographClass
from napari_csunet.widgets.brush_wheel import TURN_TEXT
from napari_csunet.widgets.class_table_menu import ClassTableMenu
from napari_csunet.widgets.class_table_parts import class_items, headers, pixel_text, swatch, tool_button, zero_check
from napari_csunet.widgets.status import Status

__all__ = ["DEFAULT", "ClassTableEditor", "headers", "swatch"]

COLOUR, NAME, PIXELS = range(3)
VISIBLE_ROWS = 4
ROW_HEIGHT = 24
DEFAULT = ClassTable.from_names({1: "class 1", 2: "class 2"})


class ClassTableEditor(QWidget):
    """A form over a ``ClassTable``; ``class_picked`` tells the label value to paint.

    ``merge_wanted``: label values of a class and of that which it becomes. ``removal_wanted``: that of a class.
    Whoever follows these changes labels and table. ``taken`` gives label values that a new class must not get.
    """

    value_changed = Signal(object)
    class_picked = Signal(int)
    merge_wanted = Signal(int, int)
    removal_wanted = Signal(int)
    undo_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._classes = DEFAULT
        self.taken: Callable[[], Collection[int]] = tuple
        self._pixels: Mapping[int, int] = {}
        self._zero = zero_check()
        self._table = self._make_table()
        self._add = tool_button("+", "add_class_button", "Add a class.")
        self._remove = tool_button(
            "−", "remove_class_button", "Remove the chosen class; what is painted of it becomes unlabelled."
        )
        self._menu = ClassTableMenu(self._chosen)
        self._status = Status("class_table_label")
        self._arrange()
        self._table.itemChanged.connect(self._on_table_item_changed)
        self._table.cellClicked.connect(self._on_table_cell_clicked)
        self._table.cellDoubleClicked.connect(self._on_table_cell_double_clicked)
        self._zero.toggled.connect(self._on_zero_toggled)
        self._add.clicked.connect(self._on_add_clicked)
        self._remove.clicked.connect(self._on_remove_clicked)
        self._connect_menu()
        self._show()

    def value(self) -> ClassTable:
        return self._classes

    def set_value(self, classes: ClassTable) -> None:
        if classes != self._classes:
            self._classes = classes
            self._show()
            self.value_changed.emit(classes)

    def say(self, sentence: str) -> None:
        """What became of the labels."""
        self._status.say(sentence)

    def say_error(self, error: Exception) -> None:
        self._status.say_error(error)

    def set_undo(self, text: str) -> None:
        """What can be taken back; empty if nothing can."""
        self._menu.set_undo(text)

    def set_pixels(self, pixels: Mapping[int, int]) -> None:
        """How many pixels of each label value are painted."""
        self._pixels = pixels
        self._table.blockSignals(True)
        for row, value in enumerate(self._classes.values):
            item = self._table.item(row, PIXELS)
            if item is not None:
                item.setText(pixel_text(pixels.get(value, 0)))
        self._table.blockSignals(False)

    def pick(self, row: int) -> None:
        """Chooses the class of a row for painting, if there is such a row."""
        if row < len(self._classes):
            self._table.selectRow(row)
            self.class_picked.emit(self._classes.values[row])

    def pick_first(self) -> None:
        """Chooses the first class that is painted; 0 is what an empty layer holds."""
        self.pick(1 if self._classes.values[0] == 0 else 0)

    def mark(self, value: int) -> None:
        """Shows which class is being painted."""
        if value in self._classes.values:
            self._table.selectRow(self._classes.values.index(value))

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 3)
        table.setObjectName("class_table")
        table.setToolTip(
            "The classes. Click one to paint it, or press Alt+1 … Alt+9. "
            f"{TURN_TEXT} over the picture changes the size of the brush.\n"
            "Double-click a name or a colour to change it. Where nothing is painted nothing is learnt: "
            "give the background a class too."
        )
        rows, columns = headers(table)
        rows.hide()
        columns.hide()
        table.setShowGrid(False)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setIconSize(QSize(14, 14))
        table.setTabKeyNavigation(False)
        for column, mode in ((COLOUR, "ResizeToContents"), (NAME, "Stretch"), (PIXELS, "ResizeToContents")):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode[mode])
        return table

    def _arrange(self) -> None:
        buttons = QVBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._remove)
        buttons.addStretch()
        row = QHBoxLayout()
        row.addWidget(self._table)
        row.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        top = QHBoxLayout()
        top.addWidget(self._zero, 1)
        top.addWidget(self._menu)
        layout.addLayout(top)
        layout.addLayout(row)
        layout.addWidget(self._status)

    def _show(self) -> None:
        self._table.blockSignals(True)
        self._table.setRowCount(len(self._classes))
        for row, entry in enumerate(self._classes.classes):
            for column, item in enumerate(class_items(entry, row, self._pixels.get(entry.value, 0))):
                self._table.setItem(row, column, item)
        self._table.blockSignals(False)
        self._remove.setEnabled(len(self._classes) > 2)
        self._show_zero()
        height = ROW_HEIGHT * max(2, min(VISIBLE_ROWS, len(self._classes)))
        self._table.setFixedHeight(height + 2 * self._table.frameWidth() + 2)

    def _show_zero(self) -> None:
        is_class = 0 in self._classes.values
        self._zero.blockSignals(True)
        self._zero.setChecked(is_class)
        self._zero.blockSignals(False)
        self._zero.setEnabled(not is_class or len(self._classes) > 2)

    def _replace(self, row: int, **changes: str) -> None:
        entries = list(self._classes.classes)
        entries[row] = entries[row].model_copy(update=changes)
        self.set_value(ClassTable(classes=tuple(entries)))

    def _on_table_item_changed(self, item: QTableWidgetItem) -> None:
        name, row = item.text().strip()[:60], item.row()
        others = self._classes.class_names[:row] + self._classes.class_names[row + 1 :]
        if item.column() != NAME or not name or name in others:
            self._show()  # an empty or doubled name is not taken
            return
        self._replace(row, name=name)

    def _on_table_cell_clicked(self, row: int, column: int) -> None:
        self.say("")
        self.pick(row)

    def _on_table_cell_double_clicked(self, row: int, column: int) -> None:
        if column != COLOUR:
            return
        colour = QColorDialog.getColor(QColor(self._classes.colours[row]), self, "Colour of the class")
        if colour.isValid():
            self._replace(row, colour=colour.name())

    def _on_add_clicked(self) -> None:
        self.say("")
        value = self._classes.unused_value(self.taken())
        self._add_class(value, f"class {value}")
        self.pick(self._classes.values.index(value))
        self._table.scrollToBottom()

    def _on_zero_toggled(self, is_class: bool) -> None:
        if is_class:
            self._add_class(0, "matrix")
        else:
            self.set_value(ClassTable(classes=tuple(one for one in self._classes.classes if one.value)))

    def _add_class(self, value: int, name: str) -> None:
        free = [colour for colour in PALETTE if colour not in self._classes.colours]
        colour = free[0] if free else PALETTE[value % len(PALETTE)]
        name = name if name not in self._classes.class_names else f"{name} (new)"
        entry = MicrographClass(value=value, name=name, colour=colour)
        self.set_value(ClassTable(classes=(*self._classes.classes, entry)))

    def _on_remove_clicked(self) -> None:
        self.removal_wanted.emit(self._chosen()[0].value)

    def _chosen(self) -> tuple[MicrographClass, ClassTable]:
        """The class that is chosen, else the last one, and the table."""
        row = self._table.currentRow()
        return self._classes.classes[row if 0 <= row < len(self._classes) else -1], self._classes

    def _connect_menu(self) -> None:
        self._menu.merge_wanted.connect(lambda target: self.merge_wanted.emit(self._chosen()[0].value, target))
        self._menu.removal_wanted.connect(self._on_remove_clicked)
        self._menu.undo_wanted.connect(self.undo_wanted)
        self._menu.import_wanted.connect(self.import_wanted)
        self._menu.export_wanted.connect(self.export_wanted)
