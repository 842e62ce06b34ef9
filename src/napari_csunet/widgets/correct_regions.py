"""Regions that the user draws on a micrograph as shapes, and what lies inside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Shapes

from napari_csunet.inference.correction import ellipse_outline, inside_outlines
from napari_csunet.widgets.layers import Role, layer_name, mask_shape, note, role_of

REGION: Role = "region"
COLOUR = "#ffffff"
THINNEST, EDGES_A_SIDE = 1.0, 400
WITHOUT_AREA = ("line",)


def draw_region(viewer: ViewerModel, micrograph: Image) -> Shapes:
    """Selects the layer for the regions of a micrograph, ready for a polygon; makes it if there is none."""
    layer = region_layer(viewer, micrograph)
    if layer is None:
        layer = Shapes(ndim=len(mask_shape(micrograph)), **_options(micrograph))
        viewer.add_layer(layer)
    layer.visible = True
    viewer.layers.selection.active = layer
    layer.mode = "add_polygon"
    return layer


def region_layer(viewer: ViewerModel, micrograph: Image) -> Shapes | None:
    named = (one for one in viewer.layers if one.name == layer_name(micrograph.name, REGION))
    return next((one for one in named if isinstance(one, Shapes) and one.ndim == len(mask_shape(micrograph))), None)


def inside_regions(viewer: ViewerModel, micrograph: Image, place: Any) -> npt.NDArray[np.bool_]:
    """Pixels (h, w) of a slice inside the shapes on screen: those of ``draw_region``, and any that the user made."""
    own = region_layer(viewer, micrograph)
    layers = [one for one in viewer.layers if isinstance(one, Shapes) and (one is own or role_of(one) is None)]
    outlines = [outline for layer in layers if layer.visible for outline in _outlines(layer, micrograph, place)]
    height, width = mask_shape(micrograph)[-2:]
    return inside_outlines(outlines, (height, width))


def _outlines(layer: Shapes, micrograph: Image, place: Any) -> list[npt.NDArray[np.float64]]:
    """In pixels (y, x) of the micrograph; shapes drawn on another slice of a stack are left out."""
    outlines = []
    for kind, corners in zip(layer.shape_type, layer.data, strict=True):
        if kind in WITHOUT_AREA:
            continue
        outline = ellipse_outline(corners) if kind == "ellipse" else corners
        world = np.array([layer.data_to_world(corner) for corner in outline])
        if place is not ... and world.shape[1] > 2 and round(float(_pixels(micrograph, world)[0, 0])) != place:
            continue
        outlines.append(_pixels(micrograph, world)[:, -2:])
    return outlines


def _pixels(micrograph: Image, world: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Places (n, axes) of the world in pixels of the micrograph; axes that the shapes lack are 0."""
    missing = micrograph.ndim - world.shape[1]
    padded = np.pad(world, ((0, 0), (max(0, missing), 0)))[:, -micrograph.ndim :]
    return np.array([micrograph.world_to_data(point) for point in padded], np.float64)


def _options(micrograph: Image) -> dict[str, Any]:
    axes = len(mask_shape(micrograph))
    return {
        "name": layer_name(micrograph.name, REGION),
        "metadata": note(REGION),
        "edge_color": COLOUR,
        "face_color": "transparent",
        "edge_width": max(THINNEST, max(mask_shape(micrograph)[-2:]) / EDGES_A_SIDE),
        **{what: tuple(getattr(micrograph, what)[-axes:]) for what in ("scale", "translate", "units")},
    }
