"""Brings a place of a micrograph on screen, with some of what is around it."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image

from napari_csunet.training.finding import Place
from napari_csunet.widgets.layers import mask_shape
from napari_csunet.widgets.project_layers import camera_of, fit

SURROUNDINGS = 3.0
"""How many times larger than the place what is shown is."""
SMALLEST = 64


def show_place(viewer: ViewerModel, micrograph: Image, place: Place) -> None:
    """The micrograph must be visible."""
    fit(viewer, micrograph)
    camera, shape = camera_of(viewer), mask_shape(micrograph)
    spans = (place.bottom - place.top, place.right - place.left)
    shown = [min(max(SMALLEST, SURROUNDINGS * span), side) for span, side in zip(spans, shape[-2:], strict=True)]
    middle = ((place.top + place.bottom) / 2, (place.left + place.right) / 2)
    point = micrograph.data_to_world((place.slice_index, *middle)[-len(shape) :])
    if len(shape) == 3:
        viewer.dims.set_point(viewer.dims.ndim - 3, point[0])
    camera.center = (*camera.center[:-2], *np.asarray(point[-2:], float))
    camera.zoom *= min(side / part for side, part in zip(shape[-2:], shown, strict=True))
