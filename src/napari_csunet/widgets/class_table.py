"""Edits the class table: one row a class with its colour, name and how much of it is painted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_csunet.classes import PALETTE, ClassTable, MicrographClass

COLOUR, NAME, PIXELS = range(3)
VISIBLE_ROWS = 4
ROW_HEIGHT = 24
DEFAULT = ClassTable.from_names({1: "class 1", 2: "class 2"})


class ClassTableEditor(QWidget):
    """A form over a ``ClassTable``; ``class_picked`` tells the label value to paint."""

    value_changed = Signal(object)
    class_picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._classes = DEFAULT
        self._pixels: Mapping[int, int] = {}
        self._zero = _zero_check()
        self._table = self._make_table()
        self._add = _tool_button("+", "add_class_button", "Add a class.")
        self._remove = _tool_button(
            "−", "remove_class_button", "Remove the chosen class. What is painted stays, but is not used."
        )
        self._arrange()
        self._table.itemChanged.connect(self._on_table_item_changed)
        self._table.cellClicked.connect(self._on_table_cell_clicked)
        self._table.cellDoubleClicked.connect(self._on_table_cell_double_clicked)
        self._zero.toggled.connect(self._on_zero_toggled)
        self._add.clicked.connect(self._on_add_clicked)
        self._remove.clicked.connect(self._on_remove_clicked)
        self._show()

    def value(self) -> ClassTable:
        return self._classes

    def set_value(self, classes: ClassTable) -> None:
        if classes != self._classes:
            self._classes = classes
            self._show()
            self.value_changed.emit(classes)

    def set_pixels(self, pixels: Mapping[int, int]) -> None:
        """How many pixels of each label value are painted."""
        self._pixels = pixels
        self._table.blockSignals(True)
        for row, value in enumerate(self._classes.values):
            item = self._table.item(row, PIXELS)
            if item is not None:
                item.setText(_pixel_text(pixels.get(value, 0)))
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
            "The classes. Click one to paint it, or press Alt+1 … Alt+9.\n"
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
        layout.addWidget(self._zero)
        layout.addLayout(row)

    def _show(self) -> None:
        self._table.blockSignals(True)
        self._table.setRowCount(len(self._classes))
        for row, entry in enumerate(self._classes.classes):
            for column, item in enumerate(_items(entry, row, self._pixels.get(entry.value, 0))):
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
        self.pick(row)

    def _on_table_cell_double_clicked(self, row: int, column: int) -> None:
        if column != COLOUR:
            return
        colour = QColorDialog.getColor(QColor(self._classes.colours[row]), self, "Colour of the class")
        if colour.isValid():
            self._replace(row, colour=colour.name())

    def _on_add_clicked(self) -> None:
        value = max(self._classes.values) + 1
        self._add_class(value, f"class {value}")
        self.pick(len(self._classes) - 1)
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
        row = self._table.currentRow()
        chosen = row if row >= 0 else len(self._classes) - 1
        self.set_value(ClassTable(classes=self._classes.classes[:chosen] + self._classes.classes[chosen + 1 :]))


def _items(entry: MicrographClass, row: int, pixels: int) -> tuple[QTableWidgetItem, ...]:
    key = f"Alt+{row + 1} paints this class (label value {entry.value})." if row < 9 else f"Label value {entry.value}."
    colour = QTableWidgetItem(swatch(entry.colour), str(entry.value))
    name, count = QTableWidgetItem(entry.name), QTableWidgetItem(_pixel_text(pixels))
    count.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for item in (colour, count):
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
    colour.setToolTip(f"{key} Double-click to change the colour.")
    name.setToolTip(f"{key} Double-click to rename it.")
    count.setToolTip("How many pixels of this class are painted.")
    return colour, name, count


def headers(table: QTableWidget) -> tuple[QHeaderView, QHeaderView]:
    """Vertical and horizontal header; Qt's types allow for none, but a table has both."""
    return cast(QHeaderView, table.verticalHeader()), cast(QHeaderView, table.horizontalHeader())


def swatch(colour: str) -> QIcon:
    pixmap = QPixmap(14, 14)
    pixmap.fill(QColor(colour))
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _pixel_text(pixels: int) -> str:
    return f"{pixels:,} px".replace(",", "\u202f")


def _zero_check() -> QCheckBox:
    check = QCheckBox("0 is a class, too (full masks)")
    check.setObjectName("zero_is_class_check")
    check.setToolTip(
        "Check this for masks in which every pixel has its class and 0 is one of them, such as the matrix.\n"
        "Leave it for painted strokes: there 0 means that nobody has said what a pixel is."
    )
    return check


def _tool_button(text: str, name: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setObjectName(name)
    button.setToolTip(tooltip)
    button.setFixedSize(24, 24)
    return button
