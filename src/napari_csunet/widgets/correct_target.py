"""What a correction is about: the micrograph that is meant, its label layer, its mask, and the slice on screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.widgets.layers import (
    default_labels,
    finest,
    label_layers_for,
    layer_name,
    mask_shape,
    micrograph_layers,
    micrograph_name,
    preview_request,
    role_of,
)
from napari_csunet.widgets.result_layers import add_label_layer

PREDICTED_ROLES = ("mask", "preview", "instant")


def chosen_micrograph(viewer: ViewerModel) -> Image | None:
    """That of the selected layer if it is on screen, else the uppermost visible one."""
    shown = [layer for layer in micrograph_layers(viewer) if layer.visible]
    active = viewer.layers.selection.active
    owner = micrograph_name(active) if active is not None else None
    named = [layer for layer in shown if layer.name == owner or active in label_layers_for(viewer, layer)]
    return next(reversed(named or shown), None)


def labels_for(viewer: ViewerModel, micrograph: Image) -> Labels | None:
    """The selected label layer if it fits, else the one that belongs to the micrograph."""
    active = viewer.layers.selection.active
    return active if active in label_layers_for(viewer, micrograph) else default_labels(viewer, micrograph)


def labels_to_correct(viewer: ViewerModel, micrograph: Image, classes: Callable[[], ClassTable]) -> Labels:
    """The label layer, on screen above the mask, and selected, so that Ctrl+Z takes back what is done to it.

    It is made if there is none. Raises LabelError if it cannot be painted on.
    """
    labels = labels_for(viewer, micrograph)
    if labels is None:
        labels = add_label_layer(viewer, micrograph, classes())
        labels.mode = "pan_zoom"
    if labels.multiscale or not isinstance(labels.data, np.ndarray):
        raise LabelError(f"{labels.name} is not an array in memory that can be painted on. Make new labels.")
    if not labels.visible:  # napari puts the brush away when it is set
        labels.visible = True
    _raise_above(viewer, labels, mask_of(viewer, micrograph))
    viewer.layers.selection.active = labels
    return labels


def _raise_above(viewer: ViewerModel, labels: Labels, mask: Labels | None) -> None:
    """A mask on top would hide what is corrected."""
    layers = viewer.layers
    if mask is not None and layers.index(labels) < layers.index(mask):
        layers.move(layers.index(labels), layers.index(mask) + 1)


def mask_of(viewer: ViewerModel, micrograph: Image) -> Labels | None:
    """The predicted mask of a micrograph, if it has its shape."""
    named = (one for one in viewer.layers if one.name == layer_name(micrograph.name, "mask") and role_of(one) == "mask")
    return next((one for one in named if finest(one).shape == mask_shape(micrograph)), None)


def shown_prediction(viewer: ViewerModel, micrograph: Image) -> Labels | None:
    """The uppermost visible mask, preview or instant answer of a micrograph."""
    own = (one for one in reversed(viewer.layers) if role_of(one) in PREDICTED_ROLES and one.visible)
    fitting = (one for one in own if micrograph_name(one) == micrograph.name)
    return next((one for one in fitting if finest(one).shape == mask_shape(micrograph)), None)


def shown_place(viewer: ViewerModel, micrograph: Image) -> Any:
    """Index of the slice on screen in an array of the micrograph's shape; of all if it is no stack."""
    is_stack = len(mask_shape(micrograph)) == 3
    return preview_request(viewer, micrograph, 0).slice_index if is_stack else ...


def paint(labels: Labels, place: Any, inside: npt.NDArray[np.bool_], values: Any) -> None:
    """Writes one value, or one for each pixel ``inside`` (h, w), into a slice; one step of the layer's undo."""
    size = np.min_scalar_type(max(inside.shape))
    rows, columns = (axis.astype(size) for axis in np.nonzero(inside))
    where = (rows, columns) if place is ... else (np.full(rows.shape, place, np.int32), rows, columns)
    labels.data_setitem(where, values)
