"""Alt+O shows the micrograph without what lies over it; Shift and the wheel change the brush."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_csunet import ClassTable
from napari_csunet.reports import Prediction
from napari_csunet.widgets.brush_wheel import BrushWheel, resized
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.instant_layer import instant_layers
from napari_csunet.widgets.overlay_key import OverlayKey
from napari_csunet.widgets.result_layers import show_prediction

Find = Callable[[Any, str], Any]


def press(viewer: Viewer) -> None:
    from napari.utils.key_bindings import coerce_keybinding

    viewer.keymap[coerce_keybinding("Alt-O")](viewer)


def test_the_key_hides_the_mask_without_an_instant_answer_in_its_place_and_brings_it_back(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, predicted: Any, child: Find
) -> None:
    child(fine_tune, "new_labels_button").click()
    labels = viewer.layers["alloy · labels"]
    press(viewer)
    labels.paint((10, 30), 1)
    qtbot.wait(600)  # longer than it takes to make the layer of an instant answer
    assert not predicted.visible
    assert not any(one.visible for one in instant_layers(viewer))
    assert labels.visible
    press(viewer)
    assert predicted.visible


def test_another_micrograph_is_shown_with_its_overlay(model: ViewerModel, classes: ClassTable) -> None:
    told: list[bool] = []
    key = OverlayKey(model, told.append, lambda: True)
    pixels = np.zeros((8, 8), np.uint8)
    first, other = (model.add_image(pixels, name=name, visible=name == "one") for name in ("one", "other"))
    show_prediction(model, first, Prediction("one", pixels + 1), classes)
    model.layers.selection.active = first
    key.toggle()
    first.visible, other.visible = False, True
    model.layers.selection.active = other
    assert told == [False, True]
    key.toggle()
    assert not model.layers["one · mask"].visible


def turn(viewer: Viewer, notches: int, keys: Qt.KeyboardModifier) -> None:
    canvas = viewer.window._qt_viewer.canvas.native
    place = QPointF(canvas.rect().center())
    delta = QPoint(0, 120 * notches)
    buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(canvas, QWheelEvent(place, place, QPoint(), delta, buttons, keys, phase, False))


def test_shift_and_the_wheel_change_the_brush_until_the_panel_is_closed(
    viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    child(fine_tune, "new_labels_button").click()
    labels, shift = viewer.layers["alloy · labels"], Qt.KeyboardModifier.ShiftModifier
    turn(viewer, 2, shift)
    assert labels.brush_size == resized(10, 2) > 11
    turn(viewer, -1, Qt.KeyboardModifier.NoModifier)
    assert labels.brush_size == resized(10, 2)
    labels.mode = "pan_zoom"
    turn(viewer, 1, shift)
    fine_tune.on_closed()
    labels.mode = "paint"
    turn(viewer, 1, shift)
    assert labels.brush_size == resized(10, 2)
    assert not any(isinstance(getattr(one, "__self__", None), BrushWheel) for one in viewer.mouse_wheel_callbacks)


@pytest.mark.parametrize(("size", "notches", "after"), [(1, 1, 2), (1, -3, 1), (499, 9, 500), (100, -1, 87)])
def test_each_notch_changes_a_brush_by_a_pixel_at_least(size: int, notches: int, after: int) -> None:
    assert resized(size, notches) == after
