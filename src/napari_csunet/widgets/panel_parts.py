"""What panels are made of: buttons, bars, headings and rows, each made in one line."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget
from superqt import QElidingLineEdit


def button(text: str, name: str, tooltip: str) -> QPushButton:
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(tooltip)
    return made


def check(text: str, name: str, tooltip: str, *, checked: bool) -> QCheckBox:
    made = QCheckBox(text)
    made.setObjectName(name)
    made.setToolTip(tooltip)
    made.setChecked(checked)
    return made


def progress_bar(name: str, tooltip: str) -> QProgressBar:
    bar = QProgressBar()
    bar.setObjectName(name)
    bar.setToolTip(tooltip)
    bar.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return bar


def heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def sentence(name: str) -> QLabel:
    """An empty label that breaks lines."""
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    return label


def path_line(name: str, tooltip: str) -> QElidingLineEdit:
    """Shows a path and lets it be copied."""
    line = QElidingLineEdit()
    line.setElideMode(Qt.TextElideMode.ElideMiddle)
    line.setObjectName(name)
    line.setReadOnly(True)
    line.setFrame(False)
    line.setToolTip(tooltip)
    return line


def row(*parts: tuple[QWidget, int]) -> QHBoxLayout:
    """Widgets beside each other, each with its share of the room."""
    layout = QHBoxLayout()
    for widget, stretch in parts:
        layout.addWidget(widget, stretch)
    return layout
