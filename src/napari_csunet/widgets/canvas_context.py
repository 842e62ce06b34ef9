"""Keeps napari alive when a layer goes: what OpenGL holds of it is deleted in the context in which it was drawn.

napari 0.9 deletes it in whatever context is current, mostly Qt's own, which shares its objects with the canvas. Mesa
(22.3) then takes the vertex shader away from the program that drew last; drawing with it again crashes the process.
"""

from __future__ import annotations

from napari.components import ViewerModel
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_csunet.widgets.docking import dock_of


class CanvasContext:
    """Makes the context of the canvas beside a docked panel current before a layer goes, until ``disconnect``."""

    def __init__(self, viewer: ViewerModel, panel: QWidget) -> None:
        self._panel = panel
        self._removing = viewer.layers.events.removing  # of ``removed`` napari tells its canvas first, whatever we ask
        self._removing.connect(self._on_layer_removing)

    def disconnect(self) -> None:
        self._removing.disconnect(self._on_layer_removing)

    def _on_layer_removing(self, event: object = None) -> None:
        canvas = canvas_beside(self._panel)
        if canvas is not None:
            canvas.makeCurrent()


def canvas_beside(panel: QWidget) -> QOpenGLWidget | None:
    """What napari draws on in the window of a docked panel, floating or not."""
    dock = dock_of(panel)
    window = dock.parent() if dock is not None else None
    centre = window.centralWidget() if isinstance(window, QMainWindow) else None
    return centre.findChild(QOpenGLWidget) if centre is not None else None
