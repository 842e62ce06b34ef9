"""The overlay of the instant answer: one layer above its micrograph, made once and then written into."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.layers import Role, finest, layer_name, mask_shape, micrograph_name, note, role_of
from napari_csunet.widgets.mask_layers import ADDED
from napari_csunet.widgets.mask_pictures import stem_of_mask
from napari_csunet.widgets.result_layers import MASK_OPACITY, class_features, colormap_of
from napari_csunet.widgets.stand_in import stands_on

INSTANT: Role = "instant"
BETTER = ("mask", "preview", "errors")
"""Roles of layers that take the place of an instant answer, as what stands for a mask does."""


def better_than_instant(layer: Layer) -> str | None:
    """Name of the micrograph whose instant answer gives way to a layer; None if none does."""
    if role_of(layer) == ADDED:
        return stem_of_mask(str(layer.name))
    return micrograph_name(layer) if role_of(layer) in BETTER else stands_on(layer)


def instant_layers(viewer: ViewerModel) -> list[Labels]:
    return [layer for layer in viewer.layers if role_of(layer) == INSTANT]


def instant_layer(viewer: ViewerModel, micrograph: Image) -> Labels | None:
    """The overlay of a micrograph, if it still has its shape."""
    own = (layer for layer in instant_layers(viewer) if micrograph_name(layer) == micrograph.name)
    return next((layer for layer in own if finest(layer).shape == mask_shape(micrograph)), None)


def make_instant_layer(viewer: ViewerModel, micrograph: Image, classes: ClassTable) -> Labels:
    """An empty overlay right above its micrograph; the selection stays. One of another shape goes."""
    for old in [one for one in instant_layers(viewer) if micrograph_name(one) == micrograph.name]:
        viewer.layers.remove(old)
    axes = len(mask_shape(micrograph))
    place: dict[str, Any] = {what: getattr(micrograph, what)[-axes:] for what in ("scale", "translate", "units")}
    layer = Labels(
        np.zeros(mask_shape(micrograph), classes.mask_dtype),
        name=layer_name(micrograph.name, INSTANT),
        opacity=MASK_OPACITY,
        metadata=note(INSTANT, classes),
        **place,
    )
    colour(layer, classes)
    active = viewer.layers.selection.active
    viewer.layers.insert(viewer.layers.index(micrograph) + 1, layer)
    viewer.layers.selection.active = active
    layer.editable = False
    return layer


def colour(layer: Labels, classes: ClassTable) -> None:
    """Gives the overlay the names and colours of the classes."""
    layer.colormap = colormap_of(classes)
    layer.features = class_features(classes)
    layer.metadata = {**layer.metadata, **note(INSTANT, classes)}


def write_answer(layer: Labels, slice_index: int, mask: npt.NDArray[np.integer]) -> None:
    """Writes a mask (h, w) into its slice of the overlay; does nothing if it does not fit any more."""
    if not np.can_cast(mask.dtype, layer.data.dtype):  # a class beyond 255 has come
        layer.data = layer.data.astype(mask.dtype)
    planes = layer.data if layer.data.ndim == 3 else layer.data[None]
    if slice_index < len(planes) and planes[slice_index].shape == mask.shape:
        planes[slice_index] = mask
        layer.refresh(thumbnail=False, highlight=False, extent=False)  # a third quicker
