from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable, PixelSize
from napari_csunet.widgets.layers import default_labels
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.pixel_sizes import PixelSizes
from napari_csunet.widgets.result_layers import add_label_layer


@pytest.fixture
def spots() -> ViewerModel:
    """Two micrographs of one shape, of which one name begins with the other."""
    viewer = ViewerModel()
    for name in ("spot1", "spot10"):
        viewer.add_image(np.eye(32), name=name)
    return viewer


@pytest.mark.parametrize("ending", ["_mask", "_labels", " · labels"])
def test_labels_belong_to_the_micrograph_of_exactly_their_name(spots: ViewerModel, ending: str) -> None:
    labels = spots.add_labels(np.eye(32, dtype=np.uint8), name=f"spot10{ending}")
    assert default_labels(spots, spots.layers["spot1"]) is None
    assert default_labels(spots, spots.layers["spot10"]) is labels


def test_labels_of_another_name_fit_only_a_single_micrograph(spots: ViewerModel) -> None:
    labels = spots.add_labels(np.eye(32, dtype=np.uint8), name="mine")
    assert default_labels(spots, spots.layers["spot1"]) is None
    spots.layers.remove("spot10")
    assert default_labels(spots, spots.layers["spot1"]) is labels


def test_a_renamed_micrograph_keeps_its_labels(qtbot: QtBot, spots: ViewerModel, classes: ClassTable) -> None:
    opened = OpenMicrographs(spots, lambda: classes)
    first, second = spots.layers["spot1"], spots.layers["spot10"]
    own = add_label_layer(spots, first, classes)
    foreign = spots.add_labels(np.eye(32, dtype=np.uint8), name="spot10_mask")
    first.name, second.name = "alloy", "steel"
    assert own.name == "alloy · labels"
    assert (opened.labels_of(first), opened.labels_of(second)) == (own, foreign)
    opened.disconnect_viewer()
    opened.stop_counting()


def test_a_pixel_size_reaches_what_lies_on_the_micrograph(qtbot: QtBot, spots: ViewerModel) -> None:
    mine, other = (spots.add_labels(np.eye(32, dtype=np.uint8), name=f"{name}_mask") for name in ("spot1", "spot10"))
    PixelSizes(spots)._give(spots.layers["spot1"], PixelSize(20, 20))
    assert tuple(mine.scale) == tuple(spots.layers["spot1"].scale) == (0.02, 0.02)
    assert tuple(other.scale) == (1, 1)
