"""Where the docks are: Fine-tune and Predict as tabs on the right, and how one finds the other."""

from __future__ import annotations

from typing import TypeVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QVBoxLayout, QWidget

PANEL_WIDTH = 320
_W = TypeVar("_W", bound=QWidget)


def in_scroll_area(outer: QWidget, content: QWidget) -> None:
    """Fills a panel with its content; a bar appears only if the window is too low."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(content)
    layout = QVBoxLayout(outer)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(area)
    outer.setMinimumWidth(PANEL_WIDTH)


def dock_of(widget: QWidget) -> QDockWidget | None:
    parent = widget.parent()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parent()
    return parent


def docked(near: QWidget, kind: type[_W]) -> _W | None:
    """The panel of a kind in the same window."""
    window = near.window()
    return window.findChild(kind) if isinstance(window, QMainWindow) else None


def tabify_with(widget: QWidget, other: QWidget | None) -> None:
    """Puts a panel in front as a tab beside another one; napari ignores ``tabify`` of the manifest."""
    dock, neighbour, window = dock_of(widget), dock_of(other) if other else None, widget.window()
    if dock is None or neighbour is None or not isinstance(window, QMainWindow):
        return
    if neighbour not in window.tabifiedDockWidgets(dock):
        window.tabifyDockWidget(neighbour, dock)
        dock.raise_()


def bring_to_front(widget: QWidget) -> None:
    dock = dock_of(widget)
    if dock is not None:
        dock.show()
        dock.raise_()
