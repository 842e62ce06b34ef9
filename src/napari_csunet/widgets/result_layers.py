"""From masks, probability and uncertainty to layers: class colours, place in the list, what the status bar says."""

from __future__ import annotations

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
    default_labels,
    finest,
    layer_name,
    mask_shape,
    micrograph_name,
    note,
    remember_classes,
    role_of,
)
from napari_csunet.widgets.made_with import remember_model
from napari_csunet.widgets.mask_labels import MaskLabels
from napari_csunet.widgets.predicted import remember_corrections, remember_predicted

MASK_OPACITY = 0.45
LABEL_OPACITY = 0.7
TRANSPARENT = "#00000000"
WAITS = "napari-csunet waits"
"""Key in the metadata of a preview that is not better yet than the instant answer on screen."""
SHOWN_AT_ONCE = ("labels", "mask", "preview")


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


def show_prediction(
    viewer: ViewerModel, micrograph: Image, prediction: Prediction, classes: ClassTable
) -> MaskLabels | None:
    """Adds or updates the result layers of a micrograph, removes those not asked for, and hides its preview.

    They are shown if the micrograph is. A mask that was corrected by hand is kept under another name and returned.
    """
    hide_preview(viewer, micrograph)
    _keep_corrections(viewer, micrograph)
    kept = _kept_aside(viewer, micrograph)
    mask = _mask_layer(viewer, micrograph, "mask", prediction.mask, classes)
    mask.set_sureness(prediction)
    remember_predicted(mask, prediction, classes)
    remember_model(mask, prediction.model)
    heats: list[tuple[Role, Any, str]] = [
        ("unsure", prediction.uncertainty, "inferno"),
        ("probability", prediction.probability, "viridis"),
    ]
    for role, pixels, colours in heats:
        old = _existing(viewer, micrograph.name, role)
        if pixels is not None:
            _heat_layer(viewer, micrograph, role, pixels, colours, classes)
        elif old is not None:
            viewer.layers.remove(old)
    return kept


def prepare_preview(viewer: ViewerModel, micrograph: Image, classes: ClassTable, *, waits: bool = False) -> None:
    """Makes or clears the overlay before the training begins: while it runs, a new layer would freeze the window.

    ``waits``: it stays hidden until ``show_waiting_previews``, or until somebody shows it by hand.
    """
    values = np.zeros(mask_shape(micrograph), classes.mask_dtype)
    layer = _mask_layer(viewer, micrograph, "preview", values, classes)
    layer.metadata = {**layer.metadata, WAITS: waits}
    layer.visible = micrograph.visible and not waits


def show_waiting_previews(viewer: ViewerModel) -> None:
    """From now on previews are on screen with their micrographs."""
    for layer in [one for one in viewer.layers if one.metadata.get(WAITS)]:
        layer.metadata = {**layer.metadata, WAITS: False}
        name = micrograph_name(layer)
        layer.visible = name in viewer.layers and viewer.layers[name].visible


def show_preview(
    viewer: ViewerModel, micrograph: Image, preview: Preview, classes: ClassTable, *, waits: bool = False
) -> None:
    """Writes the region of a preview into the overlay of its micrograph; ``waits``: of a new one."""
    layer = _existing(viewer, micrograph.name, "preview")
    if layer is None or finest(layer).shape != mask_shape(micrograph):
        prepare_preview(viewer, micrograph, classes, waits=waits)
        layer = _existing(viewer, micrograph.name, "preview")
    (y, x), (height, width) = preview.origin, preview.mask.shape
    plane = layer.data[preview.slice_index] if layer.data.ndim == 3 else layer.data
    plane[y : y + height, x : x + width] = preview.mask
    layer.refresh()


def show_error_map(
    viewer: ViewerModel, micrograph: Image, errors: npt.NDArray[np.unsignedinteger], classes: ClassTable
) -> MaskLabels:
    """Adds or updates the layer that holds the label where a mask contradicts it."""
    layer = _mask_layer(viewer, micrograph, "errors", errors, classes)
    layer.opacity, layer.editable, layer.visible = 1.0, False, True
    return layer


def point_at_mask(viewer: ViewerModel) -> None:
    """Selects the mask on screen, so that the status bar tells its classes."""
    shown = [layer for layer in viewer.layers if role_of(layer) == "mask" and layer.visible]
    if shown:
        viewer.layers.selection.active = shown[-1]


def hide_preview(viewer: ViewerModel, micrograph: Image) -> None:
    """The layer stays for the next training; removing one freezes the window for a moment."""
    layer = _existing(viewer, micrograph.name, "preview")
    if layer is not None:
        layer.visible = False


def clear_previews(viewer: ViewerModel) -> None:
    """Takes away what an earlier training drew."""
    for layer in viewer.layers:
        if role_of(layer) == "preview":
            layer.data = np.zeros_like(layer.data)
            layer.visible = False


def show_only(viewer: ViewerModel, micrograph: Image, *, preview: bool) -> None:
    """Brings one micrograph on screen with what belongs to it and hides the other micrographs."""
    roles = (None, "labels", "mask", "preview") if preview else (None, "labels", "mask")
    for layer in viewer.layers:
        owner = micrograph_name(layer)
        is_wanted = owner == micrograph.name and role_of(layer) in roles and not layer.metadata.get(WAITS)
        if owner is not None and layer.visible != is_wanted:  # napari draws again whatever it is told
            layer.visible = is_wanted


def _mask_layer(
    viewer: ViewerModel, micrograph: Image, role: Role, mask: npt.NDArray[np.integer], classes: ClassTable
) -> MaskLabels:
    layer: Any = _existing(viewer, micrograph.name, role)
    if isinstance(layer, MaskLabels) and layer.data.shape == mask.shape:
        _place(layer, micrograph)
        layer.set_mask(mask)
    else:
        layer = _replaced(
            viewer, layer, MaskLabels(mask, opacity=MASK_OPACITY, **_placement(micrograph, role, classes)), micrograph
        )
    paint_with(layer, classes)
    return cast(MaskLabels, layer)


def _keep_corrections(viewer: ViewerModel, micrograph: Image) -> None:
    """Before a mask is replaced: the labels remember where they say something else than it did."""
    mask, labels = _existing(viewer, micrograph.name, "mask"), default_labels(viewer, micrograph)
    if mask is not None and labels is not None:
        remember_corrections(labels, mask)


def _kept_aside(viewer: ViewerModel, micrograph: Image) -> MaskLabels | None:
    """Renames and hides the mask if it may have been corrected by hand, so that a new one does not replace it."""
    layer = _existing(viewer, micrograph.name, "mask")
    if not isinstance(layer, MaskLabels) or not layer.may_be_corrected:
        return None
    layer.name = f"{layer.name}, corrected"
    layer.visible = False
    return layer


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
        _place(layer, micrograph)
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


def _place(layer: Layer, micrograph: Image) -> None:
    """Puts a layer where its micrograph is now."""
    axes = len(mask_shape(micrograph))
    for name in ("scale", "translate", "units"):
        own, its = getattr(layer, name), getattr(micrograph, name)
        setattr(layer, name, (*own[: len(own) - axes], *its[-axes:]))


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
