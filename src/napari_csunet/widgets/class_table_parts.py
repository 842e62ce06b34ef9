"""What the class table is made of: the cells of a row, headers, colours, buttons."""

from __future__ import annotations

from typing import cast

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QCheckBox, QHeaderView, QTableWidget, QTableWidgetItem, QToolButton

from napari_csunet.classes import MicrographClass


def class_items(entry: MicrographClass, row: int, pixels: int) -> tuple[QTableWidgetItem, ...]:
    key = f"Alt+{row + 1} paints this class (label value {entry.value})." if row < 9 else f"Label value {entry.value}."
    colour = QTableWidgetItem(swatch(entry.colour), str(entry.value))
    name, count = QTableWidgetItem(entry.name), QTableWidgetItem(pixel_text(pixels))
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


def pixel_text(pixels: int) -> str:
    return f"{pixels:,} px".replace(",", "\u202f")


def zero_check() -> QCheckBox:
    check = QCheckBox("0 is a class, too (full masks)")
    check.setObjectName("zero_is_class_check")
    check.setToolTip(
        "Check this for masks in which every pixel has its class and 0 is one of them, such as the matrix.\n"
        "Leave it for painted strokes: there 0 means that nobody has said what a pixel is."
    )
    return check


def tool_button(text: str, name: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setObjectName(name)
    button.setToolTip(tooltip)
    button.setFixedSize(24, 24)
    return button
