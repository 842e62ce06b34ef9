"""From masks, probability and uncertainty to layers: class colours, place in the list, what the status bar says."""

from __future__ import annotations

import re
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from napari_csunet.classes import ClassTable
from napari_csunet.reports import Prediction, Preview
from napari_csunet.widgets.layers import (
    Role,
    finest,
    layer_name,
    mask_shape,
    micrograph_name,
    note,
    remember_classes,
    role_of,
)

MASK_OPACITY = 0.45
LABEL_OPACITY = 0.7
TRANSPARENT = "#00000000"
SHOWN_AT_ONCE = ("labels", "mask", "preview")


class MaskLabels(Labels):  # type: ignore[misc, unused-ignore]
    """Labels that tell in the status bar how sure the prediction is under the cursor."""

    uncertainty: npt.NDArray[np.float32] | None = None

    @property
    def _type_string(self) -> str:
        return "labels"  # what writers and napari's own code know

    def get_status(self, position: Any = None, **options: Any) -> dict[str, str]:
        status: dict[str, str] = super().get_status(position, **options)
        sure = self._sure_at(position, options.get("world", False))
        if sure is None:
            return status
        ending = f", {sure:.0%} sure".replace("%", " %")
        told = {key: status[key] for key in ("coordinates", "value") if status.get(key)}
        return status | {key: re.sub(r"\d+; class: ", "", text) + ending for key, text in told.items()}

    def _sure_at(self, position: Any, world: bool) -> float | None:
        if self.uncertainty is None or position is None:
            return None
        point = self.world_to_data(position) if world else np.asarray(position)
        index = tuple(np.round(point[-self.uncertainty.ndim :]).astype(int))
        if any(not 0 <= i < length for i, length in zip(index, self.uncertainty.shape, strict=True)):
            return None
        return 1 - float(self.uncertainty[index])


class ClassColormap(DirectLabelColormap):  # type: ignore[misc, unused-ignore]
    """Looks 8- and 16-bit values up in a table; napari compiles a function for it, which takes seconds."""

    def _map_without_cache(self, values: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        colours = np.zeros((*values.shape, 4), np.float32)
        for value, colour in self.color_dict.items():
            if value is not None:
                colours[values == value] = colour
        return colours


def colormap_of(classes: ClassTable) -> DirectLabelColormap:
    """Colours of the classes; every other value is transparent."""
    colours = {entry.value: entry.colour for entry in classes.classes}
    return ClassColormap(color_dict={None: TRANSPARENT, 0: TRANSPARENT, **colours})


def class_features(classes: ClassTable) -> dict[str, list[Any]]:
    """What makes napari show the class name under the cursor."""
    return {"index": list(classes.values), "class": list(classes.class_names)}


def paint_with(layer: Labels, classes: ClassTable) -> None:
    """Gives a label layer the names and colours of the classes."""
    layer.colormap = colormap_of(classes)
    layer.features = class_features(classes)
    remember_classes(layer, role_of(layer) or "labels", classes)


def add_label_layer(viewer: ViewerModel, micrograph: Image, classes: ClassTable) -> Labels:
    """An empty label layer, ready to paint the first class."""
    values = np.zeros(mask_shape(micrograph), np.uint8 if max(classes.values) < 256 else np.uint16)
    layer = Labels(values, opacity=LABEL_OPACITY, **_placement(micrograph, "labels", classes))
    _add_above(viewer, layer, micrograph)
    layer.selected_label = next(value for value in classes.values if value > 0)
    layer.brush_size = 10
    layer.mode = "paint"
    viewer.layers.selection.active = layer
    return layer


def show_prediction(viewer: ViewerModel, micrograph: Image, prediction: Prediction, classes: ClassTable) -> None:
    """Adds or updates the result layers of a micrograph, those asked for, and hides its preview.

    They are shown if the micrograph is.
    """
    hide_preview(viewer, micrograph.name)
    mask = _mask_layer(viewer, micrograph, "mask", prediction.mask, classes)
    mask.uncertainty = prediction.uncertainty
    if prediction.uncertainty is not None:
        _heat_layer(viewer, micrograph, "unsure", prediction.uncertainty, "inferno", classes)
    if prediction.probability is not None:
        _heat_layer(viewer, micrograph, "probability", prediction.probability, "viridis", classes)


def prepare_preview(viewer: ViewerModel, micrograph: Image, classes: ClassTable) -> None:
    """Makes or clears the overlay before the training begins: while it runs, a new layer would freeze the window."""
    values = np.zeros(mask_shape(micrograph), classes.mask_dtype)
    _mask_layer(viewer, micrograph, "preview", values, classes).visible = micrograph.visible


def show_preview(viewer: ViewerModel, micrograph: Image, preview: Preview, classes: ClassTable) -> None:
    """Writes the region of a preview into the overlay of its micrograph."""
    layer = _existing(viewer, micrograph.name, "preview")
    if layer is None or finest(layer).shape != mask_shape(micrograph):
        prepare_preview(viewer, micrograph, classes)
        layer = _existing(viewer, micrograph.name, "preview")
    (y, x), (height, width) = preview.origin, preview.mask.shape
    plane = layer.data[preview.slice_index] if layer.data.ndim == 3 else layer.data
    plane[y : y + height, x : x + width] = preview.mask
    layer.refresh()


def point_at_mask(viewer: ViewerModel) -> None:
    """Selects the mask on screen, so that the status bar tells its classes."""
    shown = [layer for layer in viewer.layers if role_of(layer) == "mask" and layer.visible]
    if shown:
        viewer.layers.selection.active = shown[-1]


def hide_preview(viewer: ViewerModel, micrograph: str) -> None:
    """The layer stays for the next training; removing one freezes the window for a moment."""
    layer = _existing(viewer, micrograph, "preview")
    if layer is not None:
        layer.visible = False


def show_only(viewer: ViewerModel, micrograph: Image) -> None:
    """Brings one micrograph on screen with what belongs to it and hides the other micrographs."""
    for layer in viewer.layers:
        owner = micrograph_name(layer)
        if owner is not None:
            layer.visible = owner == micrograph.name and role_of(layer) in (None, "labels", "mask")


def _mask_layer(
    viewer: ViewerModel, micrograph: Image, role: Role, mask: npt.NDArray[np.integer], classes: ClassTable
) -> MaskLabels:
    layer: Any = _existing(viewer, micrograph.name, role)
    if isinstance(layer, MaskLabels) and layer.data.shape == mask.shape:
        layer.data = mask
    else:
        layer = _replaced(
            viewer, layer, MaskLabels(mask, opacity=MASK_OPACITY, **_placement(micrograph, role, classes)), micrograph
        )
    paint_with(layer, classes)
    return cast(MaskLabels, layer)


def _heat_layer(
    viewer: ViewerModel,
    micrograph: Image,
    role: Role,
    pixels: npt.NDArray[np.float32],
    colours: str,
    classes: ClassTable,
) -> None:
    layer = _existing(viewer, micrograph.name, role)
    if layer is not None and layer.data.shape == pixels.shape:
        layer.data = pixels
        return
    options = _placement(micrograph, role, classes, extra_axes=pixels.ndim - len(mask_shape(micrograph)))
    new = Image(pixels, colormap=colours, contrast_limits=(0, 1), opacity=0.6, blending="additive", **options)
    _replaced(viewer, layer, new, micrograph)


def _replaced(viewer: ViewerModel, old: Layer | None, new: Any, micrograph: Image) -> Any:
    if old is not None:
        viewer.layers.remove(old)
    _add_above(viewer, new, micrograph)
    return new


def _add_above(viewer: ViewerModel, layer: Layer, micrograph: Image) -> None:
    """Right above its micrograph, below the labels that were painted on it; the selection stays."""
    active = viewer.layers.selection.active
    viewer.layers.insert(viewer.layers.index(micrograph) + 1, layer)
    viewer.layers.selection.active = active


def _existing(viewer: ViewerModel, micrograph: str, role: Role) -> Any:
    named = (layer for layer in viewer.layers if layer.name == layer_name(micrograph, role))
    return next((layer for layer in named if role_of(layer) == role), None)


def _placement(micrograph: Image, role: Role, classes: ClassTable, extra_axes: int = 0) -> dict[str, Any]:
    """Options that put a layer where its micrograph is."""
    axes = len(mask_shape(micrograph))
    options: dict[str, Any] = {
        "name": layer_name(micrograph.name, role),
        "scale": (1.0,) * extra_axes + tuple(micrograph.scale[-axes:]),
        "translate": (0.0,) * extra_axes + tuple(micrograph.translate[-axes:]),
        "units": ("pixel",) * extra_axes + tuple(micrograph.units[-axes:]),
        "metadata": note(role, classes),
        "visible": micrograph.visible and role in SHOWN_AT_ONCE,
    }
    if role in ("mask", "labels", "preview"):
        options |= {"colormap": colormap_of(classes), "features": class_features(classes)}
    return options
