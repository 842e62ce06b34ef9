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


def main_window_of(widget: QWidget) -> QMainWindow | None:
    """That in which a panel is docked; a dock that floats is a window of its own, yet a child of it."""
    parent = widget.parent()
    while parent is not None and not isinstance(parent, QMainWindow):
        parent = parent.parent()
    return parent


def docked(near: QWidget, kind: type[_W]) -> _W | None:
    """The panel of a kind in the same main window, whether either floats or not."""
    window = main_window_of(near)
    return None if window is None else window.findChild(kind)


def tabify_with(widget: QWidget, other: QWidget | None) -> None:
    """Puts a panel in front as a tab beside another one, unless one floats; napari ignores ``tabify`` of manifests."""
    dock, neighbour, window = dock_of(widget), dock_of(other) if other else None, main_window_of(widget)
    if dock is None or neighbour is None or window is None or dock.isFloating() or neighbour.isFloating():
        return
    if neighbour not in window.tabifiedDockWidgets(dock):
        window.tabifyDockWidget(neighbour, dock)
        dock.raise_()


def bring_to_front(widget: QWidget) -> None:
    dock = dock_of(widget)
    if dock is not None:
        dock.show()
        dock.raise_()
