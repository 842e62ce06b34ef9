"""Masks become labels, and the magic wand fills: the fold itself, and real clicks on the canvas of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from napari.components import ViewerModel
from napari.layers import Shapes
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.reports import Prediction
from napari_csunet.widgets.correct import Correct
from napari_csunet.widgets.correct_layout import CorrectForm
from napari_csunet.widgets.correct_regions import inside_regions
from napari_csunet.widgets.engine import SurePrediction
from napari_csunet.widgets.layers import default_labels
from napari_csunet.widgets.magic_wand import holds_wand
from napari_csunet.widgets.predict import PredictWidget
from napari_csunet.widgets.predicted import corrected_places
from napari_csunet.widgets.result_layers import add_label_layer, show_prediction

Find = Callable[[Any, str], Any]
Mask = npt.NDArray[np.uint8]
Click = Callable[..., None]
LONG = 60_000


@pytest.fixture
def model() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def form(qtbot: QtBot, model: ViewerModel, classes: ClassTable) -> Iterator[CorrectForm]:
    """At work on ``model``."""
    made = CorrectForm()
    qtbot.addWidget(made)
    correct = Correct(model, made, lambda of_mask: of_mask or classes)
    yield made
    correct.disconnect_viewer()
    assert correct.wand.close(30)


@pytest.fixture
def alloy(model: ViewerModel, form: CorrectForm, mask: Mask) -> Any:
    return model.add_image(mask.astype(np.float32), name="alloy", scale=(0.5, 0.5), translate=(3, 4))


@pytest.fixture
def predicted(model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable) -> Any:
    """The mask layer of "alloy"; the network is sure of the left half only."""
    best = np.where(np.arange(96) < 48, 0.95, 0.6) * np.ones(mask.shape)
    prediction = SurePrediction("alloy", mask.copy(), best_probability=best.astype(np.float16))
    show_prediction(model, alloy, prediction, classes)
    return model.layers["alloy · mask"]


@pytest.fixture
def labels(model: ViewerModel, alloy: Any, classes: ClassTable) -> Any:
    """Labels of "alloy" with a stroke of "particle" on the matrix."""
    made = add_label_layer(model, alloy, classes)
    made.data_setitem((np.array([0, 0]), np.array([3, 4])), 2)
    return made


@pytest.fixture
def press(viewer: Viewer) -> Click:
    """Clicks on the canvas where a pixel of a layer is, with keys held."""

    def at(layer: Any, pixel: tuple[float, ...], modifiers: tuple[str, ...] = (), drag: bool = False) -> None:
        canvas = viewer.window._qt_viewer.canvas
        world = np.zeros(viewer.dims.ndim) + np.array(layer.data_to_world(pixel))
        place = canvas.view.scene.transform.map(world[::-1][:2])[:2]
        for kind in ("mouse_press", *(["mouse_move"] if drag else []), "mouse_release"):
            event = {"pos": np.array(place), "button": 1, "buttons": [1], "modifiers": modifiers, "press_event": None}
            getattr(canvas._scene_canvas.events, kind)(**event)

    return at


@pytest.fixture
def window_labels(viewer: Viewer, predict: PredictWidget, layer: Any, mask: Mask, classes: ClassTable) -> Any:
    """Empty labels above a mask in the real window."""
    show_prediction(viewer, layer, Prediction("alloy", mask.copy()), classes)
    return add_label_layer(viewer, layer, classes)


def test_the_whole_mask_becomes_labels_strokes_stay_and_undo_takes_it_back(
    model: ViewerModel, form: CorrectForm, predicted: Any, labels: Any, mask: Mask
) -> None:
    before = labels.data.copy()
    model.layers.selection.active = predicted
    form.take.click()
    assert (labels.data[0, 3:5] == 2).all()
    assert (labels.data != mask).sum() == 2
    assert model.layers.selection.active is labels
    assert model.layers.index(labels) > model.layers.index(predicted)
    labels.undo()
    assert (labels.data == before).all()
    labels.redo()
    form.undo.click()
    assert (labels.data == before).all()


def test_a_label_layer_is_made_where_there_is_none(
    model: ViewerModel, form: CorrectForm, predicted: Any, alloy: Any, mask: Mask
) -> None:
    form.take.click()
    made = default_labels(model, alloy)
    assert made is not None
    assert (made.data == mask).all()
    assert (made.scale == alloy.scale).all()


def test_only_the_slice_on_screen_becomes_labels(
    model: ViewerModel, form: CorrectForm, mask: Mask, classes: ClassTable
) -> None:
    stack = model.add_image(np.zeros((3, *mask.shape)), name="stack")
    show_prediction(model, stack, Prediction("stack", np.stack([mask] * 3)), classes)
    model.dims.set_current_step(0, 1)
    form.take.click()
    taken = model.layers["stack · labels"].data
    assert [bool((one == mask).all()) for one in taken] == [False, True, False]
    assert not taken[[0, 2]].any()


def test_only_what_is_certain_or_was_painted_on_the_mask_is_taken(
    form: CorrectForm, predicted: Any, labels: Any, mask: Mask
) -> None:
    predicted.data_setitem((np.array([60]), np.array([90])), 2)
    form.take_where.setCurrentText("where it is certain")
    form.take.click()
    assert (labels.data[1:, :48] == mask[1:, :48]).all()
    assert labels.data[60, 90] == 2
    assert np.count_nonzero(labels.data[:, 48:]) == 1
    form.take.click()
    assert form.status.text().startswith("There is nothing to take over")


def test_only_the_inside_of_drawn_shapes_is_taken(
    model: ViewerModel, form: CorrectForm, predicted: Any, labels: Any
) -> None:
    form.take_where.setCurrentText("inside a region")
    form.take.click()
    assert "No region is drawn on alloy" in form.status.text()
    form.draw.click()
    region = model.layers["alloy · region"]
    assert (region.mode, model.layers.selection.active) == ("add_polygon", region)
    region.add_polygons(np.array([[9.5, 19.5], [9.5, 39.5], [19.5, 39.5], [19.5, 19.5]]))
    form.take.click()
    assert np.count_nonzero(labels.data[10:20, 20:40]) == 200 == np.count_nonzero(labels.data) - 2


def test_a_shape_of_the_user_counts_on_its_slice_only(model: ViewerModel) -> None:
    stack = model.add_image(np.zeros((3, 20, 30)), name="stack", scale=(1, 0.5, 0.5))
    box = np.array([[1, 1, 1], [1, 1, 6], [1, 6, 6], [1, 6, 1]], float)
    model.add_layer(Shapes([box], shape_type="ellipse"))
    inside = [inside_regions(model, stack, place).sum() for place in range(3)]
    assert inside == [0, pytest.approx(np.pi * 5**2, rel=0.1), 0]


def test_what_is_missing_is_told(
    model: ViewerModel, form: CorrectForm, alloy: Any, mask: Mask, classes: ClassTable
) -> None:
    model.layers.selection.active = None
    assert (form.hint.text(), form.take.isEnabled()) == ("Predict alloy first", False)
    show_prediction(model, alloy, Prediction("alloy", mask), classes)
    form.take_where.setCurrentText("where it is certain")
    assert form.hint.text() == "Predict alloy again to know where it is certain"
    form.take_where.setCurrentIndex(0)
    add_label_layer(model, alloy, ClassTable.from_names({1: "matrix", 3: "pore"}))
    form.take.click()
    assert "lacks classes that alloy · mask has: particle" in form.status.text()


def test_what_was_said_of_taken_pixels_goes_when_they_are_undone_or_another_micrograph_is_shown(
    model: ViewerModel, form: CorrectForm, predicted: Any, labels: Any, mask: Mask
) -> None:
    form.take.click()
    assert form.status.text().endswith("of the mask are labels of alloy now.")
    labels.undo()
    assert form.status.text() == ""
    form.take.click()
    assert form.status.text()
    model.layers.selection.active = model.add_image(np.zeros(mask.shape), name="steel")
    assert form.status.text() == ""


@pytest.fixture
def shifted(model: ViewerModel, alloy: Any) -> Any:
    """Empty labels of "alloy" whose classes have other values than those of its mask."""
    return add_label_layer(model, alloy, ClassTable.from_names({2: "Matrix", 3: "particle"}))


def test_classes_of_a_mask_become_labels_by_their_names_not_by_their_values(
    form: CorrectForm, predicted: Any, shifted: Any, mask: Mask
) -> None:
    form.take.click()
    assert (shifted.data == mask + 1).all()
    assert corrected_places(shifted, predicted) is None
    shifted.data_setitem((np.array([0]), np.array([0])), 3)
    places = corrected_places(shifted, predicted)
    assert places is not None
    assert np.argwhere(places).tolist() == [[0, 0]]


def test_corrections_are_known_after_the_next_prediction_too(
    model: ViewerModel, alloy: Any, predicted: Any, labels: Any, mask: Mask, classes: ClassTable
) -> None:
    places = corrected_places(labels, predicted)
    assert places is not None
    assert np.argwhere(places).tolist() == [[0, 3], [0, 4]]
    agreeing = np.where(labels.data > 0, labels.data, mask)
    show_prediction(model, alloy, Prediction("alloy", agreeing), classes)
    later = corrected_places(labels, model.layers["alloy · mask"])
    assert later is not None
    assert (later == places).all()
    labels.undo()
    assert corrected_places(labels, model.layers["alloy · mask"]) is None


def test_the_wand_fills_the_predicted_region_under_a_click_but_not_after_a_drag(
    predict: PredictWidget, window_labels: Any, mask: Mask, child: Find, press: Click
) -> None:
    child(predict, "magic_wand_button").click()
    assert holds_wand(window_labels)
    press(window_labels, (22, 66), drag=True)
    assert not window_labels.data.any()
    window_labels.selected_label = 2
    press(window_labels, (22, 66))
    assert np.count_nonzero(window_labels.data == 2) == (mask[8:36, 50:80] == 2).sum()
    window_labels.undo()
    assert not window_labels.data.any()


@pytest.mark.slow
def test_taking_the_brush_puts_the_wand_away_and_shift_fills_without_painting(
    predict: PredictWidget, window_labels: Any, mask: Mask, child: Find, press: Click
) -> None:
    child(predict, "magic_wand_button").click()
    window_labels.mode = "paint"
    assert not child(predict, "magic_wand_button").isChecked()
    assert not holds_wand(window_labels)
    window_labels.brush_size = 60
    press(window_labels, (16, 20), ("Shift",))
    assert np.count_nonzero(window_labels.data) == (mask[:30, :35] == 2).sum()
    assert window_labels.mode == "paint"


@pytest.mark.slow
def test_without_a_mask_the_wand_fills_similar_pixels_of_the_slice_and_makes_labels(
    qtbot: QtBot, viewer: Viewer, predict: PredictWidget, mask: Mask, child: Find, press: Click
) -> None:
    colours = np.stack([np.where(mask == 2, 220, 40)] * 3, axis=-1).astype(np.uint8)
    stack = viewer.add_image(np.stack([colours * 0, colours]), name="film", rgb=True, scale=(1, 0.5, 0.5))
    viewer.dims.set_current_step(0, 1)
    child(predict, "magic_wand_button").click()
    press(stack, (1, 22, 66))
    qtbot.waitUntil(lambda: viewer.layers["film · labels"].data.any(), timeout=LONG)
    filled = viewer.layers["film · labels"].data
    assert not filled[0].any()
    assert filled[1, 22, 66] == 1
    assert (mask[filled[1] == 1] == 2).mean() > 0.9
