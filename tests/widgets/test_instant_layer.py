from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_csunet import ClassTable
from napari_csunet.reports import Prediction
from napari_csunet.widgets.instant_layer import make_instant_layer, write_answer
from napari_csunet.widgets.instant_overlays import InstantOverlays
from napari_csunet.widgets.mask_layers import add_mask
from napari_csunet.widgets.measure_legend import ColourScale
from napari_csunet.widgets.object_layers import show_property
from napari_csunet.widgets.result_layers import show_prediction

CLASSES = ClassTable.from_names({1: "matrix", 2: "pore"})


@pytest.fixture
def micrograph(model: ViewerModel) -> Image:
    return model.add_image(np.zeros((32, 48), np.float32), name="alloy")


def test_an_overlay_takes_classes_that_come_later_and_are_beyond_255(model: ViewerModel, micrograph: Image) -> None:
    layer = make_instant_layer(model, micrograph, CLASSES)
    write_answer(layer, 0, np.full((32, 48), 300, np.uint16))
    assert (layer.data == 300).all()


def test_it_gives_way_to_objects_in_colours_that_stand_for_a_mask(model: ViewerModel, micrograph: Image) -> None:
    overlays = InstantOverlays(model)
    show_prediction(model, micrograph, Prediction("alloy", np.ones((32, 48), np.uint8)), CLASSES)
    mask = model.layers["alloy · mask"]
    colours = show_property(model, mask, None, ColourScale("Area", "px²", 0, 1), np.zeros((32, 48), np.float32))
    mask.visible = False
    assert overlays.is_taken_over(micrograph)
    colours.visible = False
    assert not overlays.is_taken_over(micrograph)


def test_it_gives_way_to_an_added_mask(model: ViewerModel, micrograph: Image) -> None:
    added = add_mask(model, "alloy", np.ones((32, 48), np.uint8), CLASSES, None)
    assert InstantOverlays(model).is_taken_over(micrograph)
    added.visible = False
    assert not InstantOverlays(model).is_taken_over(micrograph)
