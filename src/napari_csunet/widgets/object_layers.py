"""Objects on the canvas: coloured by a property, and a ring around the one that was picked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Layer, Points
from napari.utils.colormaps import ensure_colormap

from napari_csunet.widgets.layers import KEY, finest
from napari_csunet.widgets.measure_legend import COLOURS, ColourScale
from napari_csunet.widgets.measure_sources import mask_name, micrograph_of
from napari_csunet.widgets.project_layers import camera_of
from napari_csunet.widgets.stand_in import stand_in_note

RING = "picked object"
RING_COLOUR = "#ffffff"
SMALLEST_ON_SCREEN = 48
"""Width in canvas pixels that an object is given when it is picked."""


def show_property(
    viewer: ViewerModel, mask: Layer, old: Image | None, scale: ColourScale, pixels: npt.NDArray[np.float32]
) -> Image:
    """Adds the layer that colours the objects of a mask, or updates ``old``; what is no object is transparent."""
    title, limits = scale.title.lower(), (scale.low, scale.high)
    name, noted = f"{mask_name(mask)} · {title}", stand_in_note(title, micrograph_of(viewer, mask))
    if old is None or old not in viewer.layers or old.data.shape != pixels.shape:
        options = {"colormap": _colormap(), "contrast_limits": limits, "metadata": noted, **_placement(mask)}
        layer = Image(pixels, name=name, **options)
        active = viewer.layers.selection.active
        viewer.layers.insert(viewer.layers.index(mask) + 1, layer)
        viewer.layers.selection.active = active
    else:
        layer = old
        layer.data, layer.name = pixels, name
        layer.contrast_limits_range = layer.contrast_limits = limits
    layer.metadata = noted
    return layer


def _colormap() -> Any:
    colormap = ensure_colormap(COLOURS).model_copy(deep=True)
    colormap.nan_color = (0.0, 0.0, 0.0, 0.0)
    return colormap


def _placement(mask: Layer) -> dict[str, Any]:
    return {
        "scale": mask.scale,
        "translate": mask.translate,
        "units": mask.units,
        "opacity": 0.85,
        "blending": "translucent",
    }


def show_object(viewer: ViewerModel, mask: Layer, point: tuple[float, ...], width: float, *, centre: bool) -> None:
    """Draws a ring around an object and centres the camera on it.

    ``point`` (row, column), or (slice, row, column), and ``width`` are in pixels of the mask.
    """
    _draw_ring(viewer, mask, point, 1.3 * width + 4)
    if centre:
        _centre(viewer, mask, point, width)


def _centre(viewer: ViewerModel, mask: Layer, point: tuple[float, ...], width: float) -> None:
    """Brings the slice on screen, and zooms in on what would be too small to see."""
    world = np.asarray(mask.data_to_world(point))
    if len(point) == 3:
        viewer.dims.set_point(viewer.dims.ndim - 3, float(world[-3]))
    camera = camera_of(viewer)
    camera.center = (*camera.center[:-2], float(world[-2]), float(world[-1]))
    on_screen = width * float(mask.scale[-1]) * camera.zoom
    if on_screen < SMALLEST_ON_SCREEN:
        camera.zoom *= SMALLEST_ON_SCREEN / max(on_screen, 1e-9)


def _draw_ring(viewer: ViewerModel, mask: Layer, point: tuple[float, ...], size: float) -> None:
    layer = ring_of(viewer)
    if layer is None or layer.ndim != len(point):
        if layer is not None:
            viewer.layers.remove(layer)
        active = viewer.layers.selection.active
        place = {name: getattr(mask, name) for name in ("scale", "translate", "units")}
        options = {"name": RING, "metadata": {KEY: {"role": "ring"}}, **place, **_look(size)}
        layer = Points(np.array([point]), ndim=len(point), **options)
        viewer.add_layer(layer)
        viewer.layers.selection.active = active
    layer.scale, layer.translate, layer.units = mask.scale, mask.translate, mask.units
    layer.data, layer.size, layer.visible = np.array([point]), size, True


def ring_of(viewer: ViewerModel) -> Points | None:
    return next((one for one in viewer.layers if one.name == RING and isinstance(one, Points)), None)


def _look(size: float) -> dict[str, Any]:
    return {
        "size": size,
        "face_color": "transparent",
        "border_color": RING_COLOUR,
        "border_width": 2,
        "border_width_is_relative": False,
    }


def mask_at(viewer: ViewerModel, masks: list[Layer], position: Any) -> tuple[int, tuple[int, ...]] | None:
    """The topmost visible of some masks under a place of the canvas: its index, and the pixel (slice, row, column)."""
    for layer in reversed(list(viewer.layers)):
        if layer in masks and layer.visible:
            pixel = tuple(round(float(one)) for one in layer.world_to_data(position[-layer.ndim :]))
            if all(0 <= one < length for one, length in zip(pixel, finest(layer).shape, strict=True)):
                return masks.index(layer), pixel
    return None
