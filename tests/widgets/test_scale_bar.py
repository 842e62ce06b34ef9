"""A line along a scale bar in a real viewer, drawn as the mouse draws it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.layers import Shapes
from napari.utils._proxies import ReadOnlyWrapper
from napari.utils.interactions import mouse_move_callbacks, mouse_press_callbacks, mouse_release_callbacks
from napari.utils.key_bindings import coerce_keybinding
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_csunet import ClassTable
from napari_csunet.widgets.layers import pixel_size_of
from napari_csunet.widgets.measure import MeasureWidget
from napari_csunet.widgets.measure_layout import MeasureLayout
from napari_csunet.widgets.result_layers import add_label_layer
from napari_csunet.widgets.scale_bar_line import NAME

Find = Callable[[Any, str], Any]


def drag(viewer: Viewer, micrograph: Any, *points: tuple[float, float]) -> None:
    """From the first pixel (y, x) of the micrograph to the last."""
    lines: Shapes = viewer.layers[NAME]
    rest = micrograph.ndim - 2
    steps = [
        ("mouse_press", points[0]),
        *(("mouse_move", point) for point in points[1:]),
        ("mouse_release", points[-1]),
    ]
    callbacks = {"press": mouse_press_callbacks, "move": mouse_move_callbacks, "release": mouse_release_callbacks}
    for kind, point in steps:
        world = micrograph.data_to_world((0,) * rest + point)
        event = SimpleNamespace(
            type=kind, position=world, is_dragging=kind == "mouse_move", modifiers=[], button=1, pos=np.zeros(2),
            view_direction=None, up_direction=None, dims_displayed=list(viewer.dims.displayed), dims_point=world,
        )  # fmt: skip
        callbacks[kind.removeprefix("mouse_")](lines, ReadOnlyWrapper(event))


def begin(qtbot: QtBot, measure: MeasureWidget, child: Find) -> None:
    qtbot.mouseClick(child(measure, "scale_bar_button"), Qt.MouseButton.LeftButton)


def take(qtbot: QtBot, measure: MeasureWidget, child: Find, length: str, unit: str) -> None:
    child(measure, "scale_bar_length_edit").setText(length)
    child(measure, "scale_bar_unit_combo").setCurrentText(unit)
    qtbot.mouseClick(child(measure, "scale_bar_take_button"), Qt.MouseButton.LeftButton)


def said(measure: MeasureWidget, child: Find) -> str:
    return str(child(measure, "measure_status_label").text())


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((3, 64, 96), {"scale": (5, 0.5, 0.5), "translate": (0, 1, 2)}),
        pytest.param((64, 96), {}, marks=pytest.mark.slow),
        pytest.param((64, 96), {"scale": (0.0125, 0.0125), "units": ("um", "um")}, marks=pytest.mark.slow),
        pytest.param((64, 96, 3), {"rgb": True}, marks=pytest.mark.slow),
    ],
)
def test_a_line_of_forty_pixels_and_its_length_give_the_pixel_size(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, child: Find, shape: tuple[int, ...], options: Any
) -> None:
    layer = viewer.add_image(np.zeros(shape, np.uint8), name="alloy", **options)
    labels = add_label_layer(viewer, layer, ClassTable.from_names({1: "matrix"}))
    begin(qtbot, measure, child)
    drag(viewer, layer, (60, 30), (60, 50), (60, 70))
    assert child(measure, "scale_bar_line_label").text() == "40.0 px ="
    take(qtbot, measure, child, "1", "µm")
    for one in (layer, labels):
        size = pixel_size_of(one)
        assert size is not None
        assert (size.y_nm, size.x_nm) == pytest.approx((25, 25), rel=1e-3)
    assert NAME not in viewer.layers
    assert "alloy: 25 nm/px" in said(measure, child)


def test_a_second_line_replaces_the_first_and_a_click_is_no_line(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, layer: Any, child: Find
) -> None:
    begin(qtbot, measure, child)
    drag(viewer, layer, (60, 30), (60, 70))
    drag(viewer, layer, (10, 10), (40, 50))
    assert len(viewer.layers[NAME].data) == 1
    assert child(measure, "scale_bar_line_label").text() == "50.0 px ="
    drag(viewer, layer, (10, 10))
    assert not len(viewer.layers[NAME].data)
    assert not child(measure, "scale_bar_take_button").isEnabled()


def test_nonsense_is_told_in_a_sentence_and_the_line_stays(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, layer: Any, child: Find
) -> None:
    begin(qtbot, measure, child)
    drag(viewer, layer, (60, 30), (60, 70))
    take(qtbot, measure, child, "long", "nm")
    assert "'long' is no length" in said(measure, child)
    assert NAME in viewer.layers
    assert layer.scale[-1] == pytest.approx(0.0125)


def test_escape_and_a_removed_layer_give_up(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, layer: Any, child: Find
) -> None:
    viewer.layers.selection.active = layer
    begin(qtbot, measure, child)
    lines = viewer.layers[NAME]
    lines.keymap[coerce_keybinding("Escape")](lines)
    assert NAME not in viewer.layers
    assert viewer.layers.selection.active is layer
    begin(qtbot, measure, child)
    viewer.layers.remove(viewer.layers[NAME])
    assert not child(measure, "scale_bar_length_edit").isVisible()


def test_there_is_room_for_the_length(viewer: Viewer, measure: MeasureWidget, layer: Any, child: Find) -> None:
    measure.resize(320, 700)
    child(measure, "scale_bar_button").click()
    assert child(measure, "scale_bar_length_edit").width() >= 80


def test_what_it_asks_for_is_scrolled_into_view_in_a_low_window(qtbot: QtBot, child: Find) -> None:
    owner = QWidget()
    panel = MeasureLayout(owner)
    owner.resize(320, 260)
    qtbot.addWidget(owner)
    with qtbot.waitExposed(owner):
        owner.show()
    take, viewport = panel.scale_bar.take, child(owner, "measure_splitter").widget(0).viewport()
    panel.scale_bar.begin("alloy")
    qtbot.waitUntil(lambda: viewport.rect().contains(take.mapTo(viewport, take.rect().center())), timeout=3000)


def test_without_a_micrograph_on_screen_it_says_so(qtbot: QtBot, measure: MeasureWidget, child: Find) -> None:
    begin(qtbot, measure, child)
    assert "No micrograph is on screen" in said(measure, child)
