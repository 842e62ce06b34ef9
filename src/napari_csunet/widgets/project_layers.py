"""A micrograph of a project as layers, and what of the window is remembered."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.project.description import View
from napari_csunet.project.opening import Opened
from napari_csunet.reports import Prediction
from napari_csunet.widgets.layers import micrograph_name
from napari_csunet.widgets.result_layers import add_label_layer, show_prediction
from napari_csunet.widgets.samples import placement

PAINTING = ("paint", "fill", "erase", "polygon")


def add_opened(viewer: ViewerModel, opened: Opened, classes: ClassTable) -> tuple[Image, Labels]:
    """The micrograph, its mask if there is one, and its labels, ready to be painted."""
    image = viewer.add_image(_pixels(opened.micrograph), name=opened.key, **_options(opened.micrograph))
    labels = add_label_layer(viewer, image, classes)
    if opened.labels is not None:
        labels.data = opened.labels.astype(np.promote_types(opened.labels.dtype, labels.data.dtype), copy=False)
    if opened.mask is not None and opened.mask_classes is not None:
        mask = _mask_of(opened.mask, opened.mask_classes)
        show_prediction(viewer, image, Prediction(opened.key, mask, model=opened.model), opened.mask_classes)
    return image, labels


def layers_of(viewer: ViewerModel, image: Image) -> list[Layer]:
    """All layers of a micrograph, results first, itself at last."""
    name = str(image.name)
    mates = [layer for layer in viewer.layers if layer != image and micrograph_name(layer) == name]
    return [*reversed(mates), *([image] if image in viewer.layers else [])]


def is_corrected_aside(layer: Layer) -> bool:
    """Whether it is a mask that a new prediction did not replace; nothing but the layer keeps it."""
    return " · mask, corrected" in str(layer.name)


def camera_of(viewer: ViewerModel) -> Any:
    """Before napari 0.9 it was the viewer's own."""
    return getattr(viewer, "scene", viewer).camera


def view_of(viewer: ViewerModel, key: str, labels: Labels | None, before: View | None) -> View:
    """What is on screen now; without labels, the brush stays what it was."""
    camera = camera_of(viewer)
    brush: dict[str, Any] = {}
    if labels is not None:
        brush = {"brush_size": labels.brush_size, "label_value": labels.selected_label, "mode": str(labels.mode)}
    elif before is not None:
        brush = before.model_dump(include={"brush_size", "label_value", "mode"})
    centre = (0.0, 0.0, *map(float, camera.center))[-3:]
    point = tuple(float(value) for value in viewer.dims.point)
    return View(shown=key, centre=centre, zoom=camera.zoom, angles=camera.angles, point=point, **brush)


def restore_camera(viewer: ViewerModel, view: View) -> None:
    camera = camera_of(viewer)
    camera.angles, camera.center, camera.zoom = view.angles, view.centre, view.zoom
    if len(view.point) == viewer.dims.ndim:
        viewer.dims.set_point(range(viewer.dims.ndim), view.point)


def restore_brush(labels: Labels, view: View | None) -> None:
    """As it was; at first, ready to paint. napari puts the brush away when a layer is hidden or shown."""
    if view is None:
        labels.mode = "paint"
        return
    labels.brush_size = view.brush_size
    labels.selected_label = view.label_value
    labels.mode = view.mode if view.mode in PAINTING else "pan_zoom"


def fit(viewer: ViewerModel, image: Image) -> None:
    """Brings the whole micrograph on screen."""
    try:
        viewer.reset_view(layers=[image])
    except TypeError:  # napari before 0.7 fits all layers, those hidden too
        viewer.reset_view()


def is_same_frame(one: Image, other: Image) -> bool:
    """Whether two micrographs cover the same place, so that the camera can stay where it is."""
    return bool(np.array_equal(one.extent.world, other.extent.world))


def _pixels(micrograph: Micrograph) -> Any:
    pixels = micrograph.pixels if micrograph.is_stack else micrograph.pixels[0]
    return pixels if _is_rgb(micrograph) else pixels[..., 0]


def _mask_of(values: npt.NDArray[np.integer], classes: ClassTable) -> npt.NDArray[np.unsignedinteger]:
    return values.astype(np.promote_types(classes.mask_dtype, np.min_scalar_type(int(values.max()))), copy=False)


def _is_rgb(micrograph: Micrograph) -> bool:
    return micrograph.channels >= 3


def _options(micrograph: Micrograph) -> dict[str, Any]:
    options: dict[str, Any] = {"rgb": _is_rgb(micrograph)} | placement(micrograph.pixel_size)
    if micrograph.is_stack and "scale" in options:
        options |= {"scale": (1.0, *options["scale"]), "units": ("pixel", *options["units"])}
    return options
