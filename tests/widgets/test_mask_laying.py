"""Masks that lie beside their micrographs are found, also those of other names, and laid over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from napari.components import ViewerModel
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_csunet import ClassTable
from napari_csunet.widgets.mask_layers import add_mask, lies_on
from napari_csunet.widgets.mask_laying import LayOffer, MaskLaying, masks_beside
from napari_csunet.widgets.measure import MeasureWidget

Find = Callable[[Any, str], Any]
Mask = npt.NDArray[np.uint8]


@pytest.mark.parametrize(("pixel", "shift"), [(12e-9, 0.0), (5e-9, 10e-9)], ids=["another scale", "another place"])
def test_what_differs_by_nanometres_does_not_lie_on_a_micrograph_in_metres(pixel: float, shift: float) -> None:
    model = ViewerModel()
    place: dict[str, Any] = {"scale": (5e-9, 5e-9), "units": ("m", "m")}
    micrograph = model.add_image(np.zeros((8, 8)), name="alloy", **place)
    labels = model.add_labels(np.ones((8, 8), int), **place)
    assert lies_on(labels, micrograph)
    labels.scale, labels.translate = (pixel, pixel), (shift, 0)
    assert not lies_on(labels, micrograph)


def test_an_added_mask_of_another_name_is_laid_over_the_micrograph_of_its_shape_once_it_is_looked_at(
    qtbot: QtBot, mask: Mask, classes: ClassTable
) -> None:
    model, offer = ViewerModel(), LayOffer()
    qtbot.addWidget(offer)
    micrograph = model.add_image(np.zeros(mask.shape), name="alloy", scale=(0.02, 0.02), units=("um", "um"))
    other = add_mask(model, "of somebody", mask, classes, None)
    model.layers.move(model.layers.index(other), 0)
    assert masks_beside(model) == []  # its own micrograph may come
    other.visible, micrograph.visible = True, False  # as when its name is clicked
    laying = MaskLaying(model, offer)
    laying.look_around()
    qtbot.waitUntil(lambda: not offer.isHidden(), timeout=5000)
    qtbot.mouseClick(offer.lay, Qt.MouseButton.LeftButton)
    assert lies_on(other, micrograph)
    assert (micrograph.visible, model.layers.index(other)) == (True, 1)
    assert offer.isHidden()


def test_of_several_micrographs_a_mask_of_another_name_is_offered_for_the_one_that_is_brought_on_screen(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, mask: Mask, classes: ClassTable, child: Find
) -> None:
    micrographs = [viewer.add_image(np.zeros(mask.shape), name=name, scale=(0.02, 0.02)) for name in ("alloy", "steel")]
    other = add_mask(viewer, "of somebody", mask, classes, None)
    other.visible, micrographs[0].visible = True, False
    button = child(measure, "lay_mask_over_button")
    qtbot.waitUntil(lambda: button.isVisibleTo(measure) and button.text() == "Lay it over steel", timeout=5000)
    micrographs[0].visible, micrographs[1].visible = True, False
    qtbot.waitUntil(lambda: bool(button.text() == "Lay it over alloy"), timeout=5000)


def test_no_mask_of_another_name_is_offered_for_a_micrograph_that_has_its_own(mask: Mask, classes: ClassTable) -> None:
    model = ViewerModel()
    model.add_image(np.zeros(mask.shape), name="alloy", scale=(0.02, 0.02), units=("um", "um"))
    for name in ("alloy", "steel"):
        add_mask(model, name, mask, classes, None).visible = True
    assert masks_beside(model) == []
