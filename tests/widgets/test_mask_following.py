"""Added masks come and go with their micrographs, and nobody's choice of what is on screen is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.reports import Prediction
from napari_csunet.widgets.mask_following import MaskFollowing
from napari_csunet.widgets.mask_layers import add_mask
from napari_csunet.widgets.result_layers import add_label_layer, show_prediction

Mask = npt.NDArray[np.uint8]


@pytest.fixture
def alloy(model: ViewerModel, mask: Mask) -> Any:
    """A micrograph (64, 96), and another one, "steel"."""
    model.add_image(np.zeros(mask.shape), name="steel")
    return model.add_image(np.zeros(mask.shape), name="alloy")


@pytest.fixture
def added(model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable) -> Any:
    return add_mask(model, "alloy_mask", mask, classes, None)


@pytest.fixture
def following(qtbot: QtBot, model: ViewerModel, added: Any) -> MaskFollowing:
    following = MaskFollowing(model, lambda layer: None)
    model.layers.events.inserted.connect(lambda event: following.watch())
    return following


@pytest.fixture
def toggle(qtbot: QtBot) -> Callable[[Any], None]:
    """Hides or shows a layer, and waits for those that follow it."""

    def change(layer: Any) -> None:
        layer.visible = not layer.visible
        qtbot.wait(5)

    return change


def test_a_mask_that_was_hidden_or_moved_by_hand_stays_so_while_other_micrographs_come_and_go(
    model: ViewerModel, following: MaskFollowing, alloy: Any, added: Any, toggle: Callable[[Any], None]
) -> None:
    added.visible = False
    model.layers.move(model.layers.index(added), 0)
    toggle(model.layers["steel"])
    toggle(model.layers["steel"])
    model.add_image(np.zeros((8, 8)), name="brass")
    toggle(model.layers["brass"])
    assert (added.visible, model.layers.index(added)) == (False, 0)
    for is_shown in (False, True):
        toggle(alloy)
        assert added.visible == is_shown
    assert model.layers.index(added) == 0


def test_a_mask_comes_above_a_micrograph_that_is_opened_again(
    qtbot: QtBot, model: ViewerModel, following: MaskFollowing, alloy: Any, added: Any
) -> None:
    model.layers.remove(alloy)
    again = model.add_image(np.zeros(added.data.shape), name="alloy")
    added.visible = False
    qtbot.waitUntil(lambda: bool(added.visible), timeout=5000)
    assert model.layers.index(added) == model.layers.index(again) + 1


@pytest.mark.parametrize("is_predicted", [True, False], ids=["a prediction", "strokes"])
def test_what_is_shown_alone_brings_no_added_mask_along(
    qtbot: QtBot, model: ViewerModel, following: MaskFollowing, alloy: Any, added: Any, mask: Mask, is_predicted: bool
) -> None:
    classes = ClassTable.from_names({1: "matrix", 2: "particle"})
    if is_predicted:
        show_prediction(model, alloy, Prediction("alloy", mask), classes)
    chosen = model.layers["alloy · mask"] if is_predicted else add_label_layer(model, alloy, classes)
    alloy.visible = False
    qtbot.wait(5)
    following.show_alone(chosen)
    qtbot.wait(5)
    assert (chosen.visible, alloy.visible, added.visible) == (True, True, False)


def test_a_prediction_that_is_on_screen_already_is_not_covered(
    model: ViewerModel,
    following: MaskFollowing,
    alloy: Any,
    added: Any,
    mask: Mask,
    classes: ClassTable,
    toggle: Callable[[Any], None],
) -> None:
    show_prediction(model, alloy, Prediction("alloy", mask), classes)
    toggle(alloy)
    assert not added.visible
    toggle(alloy)
    assert model.layers["alloy · mask"].visible
    assert not added.visible
