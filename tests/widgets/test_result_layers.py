from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from napari.components import ViewerModel

from napari_csunet import ClassTable
from napari_csunet.reports import Prediction, Preview
from napari_csunet.widgets.engine import SurePrediction
from napari_csunet.widgets.previews import Previews
from napari_csunet.widgets.result_layers import show_only, show_prediction

Mask = npt.NDArray[np.uint8]


@pytest.fixture
def model() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def alloy(model: ViewerModel, mask: Mask) -> Any:
    return model.add_image(mask.astype(np.float32), name="alloy")


def preview_of(mask: Mask) -> Preview:
    return Preview(0, 0, (0, 0), mask)


def test_a_corrected_mask_is_kept_when_predicting_again(
    model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable
) -> None:
    for _ in range(2):
        assert show_prediction(model, alloy, Prediction("alloy", mask), classes) is None
    old = model.layers["alloy · mask"]
    old.paint((5, 5), 2)
    kept = show_prediction(model, alloy, Prediction("alloy", mask), classes)
    assert kept is not None
    assert kept is old
    assert kept.name == "alloy · mask, corrected"
    assert kept.data[5, 5] == 2
    assert model.layers["alloy · mask"].data[5, 5] == mask[5, 5]


def test_results_follow_the_micrograph_and_lose_what_is_no_longer_asked_for(
    model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable
) -> None:
    unsure = np.zeros(mask.shape, np.float32)
    show_prediction(model, alloy, Prediction("alloy", mask, uncertainty=unsure), classes)
    alloy.scale, alloy.translate = (0.5, 0.5), (3, 4)
    show_prediction(model, alloy, Prediction("alloy", mask), classes)
    assert [layer.name for layer in model.layers] == ["alloy", "alloy · mask"]
    assert (model.layers[1].scale == alloy.scale).all()
    assert (model.layers[1].translate == alloy.translate).all()


@pytest.mark.parametrize(("best", "wording"), [(0.9, "90 % sure"), (None, "margin 40 %")])
def test_the_status_bar_says_how_sure_the_class_is(
    model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable, best: float | None, wording: str
) -> None:
    unsure = np.full(mask.shape, 0.6, np.float32)
    sure = None if best is None else np.full(mask.shape, best, np.float16)
    prediction = SurePrediction("alloy", mask, uncertainty=unsure, best_probability=sure)
    show_prediction(model, alloy, prediction, classes)
    assert model.layers["alloy · mask"].get_status((5, 5), world=True)["value"].endswith(f"matrix, {wording}")


def test_a_preview_stays_with_its_renamed_micrograph_and_needs_no_removed_one(
    model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable
) -> None:
    previews = Previews(model, [alloy], classes)
    previews.begin()
    alloy.name = "steel"
    previews.show(preview_of(mask))
    assert (model.layers["steel · preview"].data == mask).all()
    show_only(model, alloy, preview=True)
    assert model.layers["steel · preview"].visible
    model.layers.remove(alloy)
    assert previews.request() is None
    previews.show(preview_of(mask))
    previews.hide()


def test_a_new_run_clears_the_previews_of_the_last_one(
    model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable
) -> None:
    for _ in range(2):
        previews = Previews(model, [alloy], classes)
        previews.begin()
        assert not model.layers["alloy · preview"].data.any()
        previews.show(preview_of(mask))


def test_a_preview_that_no_longer_fits_is_not_drawn(
    model: ViewerModel, alloy: Any, mask: Mask, classes: ClassTable
) -> None:
    previews = Previews(model, [alloy], classes)
    previews.show(Preview(0, 0, (1, 0), mask))
    assert len(model.layers) == 1
