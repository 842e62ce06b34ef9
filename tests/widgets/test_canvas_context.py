from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QOpenGLContext
from qtpy.QtWidgets import QDockWidget, QWidget

from napari_csunet.widgets.canvas_context import CanvasContext, canvas_beside


@pytest.fixture
def shown(make_napari_viewer: Callable[..., Viewer]) -> Viewer:
    return make_napari_viewer(show=True)


def docked_panel(viewer: Viewer, *, floating: bool) -> QWidget:
    panel = QWidget()
    dock: QDockWidget = viewer.window.add_dock_widget(panel, name="panel")
    dock.setFloating(floating)
    return panel


def contexts_after_removal(viewer: Viewer) -> list[QOpenGLContext | None]:
    """The context that is current when napari has just cleaned up after a layer; before, it is Qt's or none."""
    found: list[QOpenGLContext | None] = []
    viewer.layers.events.removed.connect(lambda: found.append(QOpenGLContext.currentContext()))
    viewer.layers.events.end_batch.connect(lambda: found.append(QOpenGLContext.currentContext()))
    for remove in (viewer.layers.pop, viewer.layers.clear):
        viewer.add_image(np.eye(32))
        canvas: Any = viewer.window._qt_viewer.canvas.native
        canvas.doneCurrent()
        remove()
    return found


@pytest.mark.parametrize("floating", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_layers_go_in_the_context_they_were_drawn_in(qtbot: QtBot, shown: Viewer, floating: bool) -> None:
    panel = docked_panel(shown, floating=floating)
    canvas: Any = canvas_beside(panel)
    assert canvas is shown.window._qt_viewer.canvas.native
    qtbot.waitUntil(canvas.isValid, timeout=5000)
    keeper = CanvasContext(shown, panel)
    assert contexts_after_removal(shown) == [canvas.context()] * 3
    keeper.disconnect()
    assert contexts_after_removal(shown)[0] is None


def test_a_panel_without_a_dock_has_no_canvas_beside_it(qtbot: QtBot) -> None:
    panel = QWidget()
    qtbot.addWidget(panel)
    assert canvas_beside(panel) is None
