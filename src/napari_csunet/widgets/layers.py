"""From napari layers to what the engine takes: micrographs, label layers, pixel sizes, what is on screen."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from napari_csunet.classes import ClassTable
from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.reports import PreviewRequest
from napari_csunet.widgets.engine import MicrographSource
from napari_csunet.widgets.mask_pictures import Pictures

KEY = "napari-csunet"
"""Key in a layer's metadata under which this program keeps what it knows of the layer."""

QUICK_BYTES = 64 * 2**20
LABEL_SUFFIXES = (" · labels", "_labels", "_label", "_masks", "_mask", " [1]")
"""How a label layer is named after its micrograph; napari itself puts [1] behind a name that is taken."""

Role = Literal[
    "labels",
    "mask",
    "added mask",
    "unsure",
    "probability",
    "preview",
    "errors",
    "instant",
    "cleaned",
    "suggestion",
    "region",
    "uncertainty",
]


def layer_name(micrograph: str, role: Role) -> str:
    return f"{micrograph} · {role}"


def note(role: Role, classes: ClassTable | None = None) -> dict[str, Any]:
    """Metadata of a layer of ours."""
    kept = {"role": role} | ({"classes": classes.model_dump(mode="json")} if classes else {})
    return {KEY: kept}


def role_of(layer: Layer) -> Role | None:
    kept = layer.metadata.get(KEY, {})
    return kept.get("role") if isinstance(kept, dict) else None


def classes_of(metadata: dict[str, Any]) -> ClassTable | None:
    """Class table that a layer of ours carries."""
    kept = metadata.get(KEY, {})
    return ClassTable.model_validate(kept["classes"]) if isinstance(kept, dict) and "classes" in kept else None


def remember_classes(layer: Layer, role: Role, classes: ClassTable) -> None:
    layer.metadata = {**layer.metadata, **note(role, classes)}


def micrograph_layers(viewer: ViewerModel) -> list[Image]:
    """Image layers that are micrographs, in the order in which they were opened."""
    return pictures_of(viewer).micrographs


def mask_pictures(viewer: ViewerModel) -> list[Image]:
    """Masks that napari opened as pictures."""
    return pictures_of(viewer).masks


def pictures_of(viewer: ViewerModel) -> Pictures:
    """Micrographs and masks that napari opened as pictures; for many questions at one moment."""
    return Pictures(layer for layer in viewer.layers if isinstance(layer, Image) and role_of(layer) is None)


def micrograph_name(layer: Layer) -> str | None:
    """Name of the micrograph that a layer is or belongs to; None for layers of others."""
    if isinstance(layer, Image) and role_of(layer) is None:
        return str(layer.name)
    role = role_of(layer)
    return str(layer.name).rsplit(f" · {role}", 1)[0] if role else None


def finest(layer: Image | Labels) -> Any:
    """Pixels of a layer, of its finest level if it has several."""
    return layer.data[0] if layer.multiscale else layer.data


def snapshot(pixels: Any) -> Any:
    """A copy if that is quick, so that painting may go on; what is large or not in memory a thread must copy."""
    return pixels.copy() if isinstance(pixels, np.ndarray) and pixels.nbytes <= QUICK_BYTES else pixels


def mask_shape(layer: Image) -> tuple[int, ...]:
    shape = tuple(finest(layer).shape)
    return shape[:-1] if layer.rgb else shape


def source_of(layer: Image) -> MicrographSource:
    return MicrographSource(layer.name, finest(layer), bool(layer.rgb), pixel_size_of(layer))


def pixel_size_of(layer: Layer) -> PixelSize | None:
    """Pixel size that the scale states, None if its unit is not a length."""
    return pixel_size(layer.scale[-2:], layer.units[-2:])


def pixel_size(scale: Any, units: Any) -> PixelSize | None:
    """Pixel size from the last two axes of a scale and its units, None if they are not lengths."""
    try:
        sizes = [
            PixelSize.of(float(s), float(s), f"{u:~}" if hasattr(u, "dimensionality") else u).x_nm
            for s, u in zip(scale, units, strict=True)
        ]
    except MicrographError:
        return None
    return PixelSize(*sizes)


def label_layers_for(viewer: ViewerModel, micrograph: Image) -> list[Labels]:
    """Label layers that fit a micrograph, the one named after it first."""
    own = layer_name(micrograph.name, "labels")
    others = {layer_name(layer.name, "labels") for layer in micrograph_layers(viewer)} - {own}
    fitting = [
        layer
        for layer in viewer.layers
        if isinstance(layer, Labels)
        and role_of(layer) in (None, "labels")
        and layer.name not in others
        and tuple(finest(layer).shape) == mask_shape(micrograph)
    ]
    return sorted(fitting, key=lambda layer: layer.name != own)


def names_of_labels(micrograph: str) -> list[str]:
    """What label layers of a micrograph of this name may be called."""
    return [micrograph + suffix for suffix in LABEL_SUFFIXES]


def default_labels(viewer: ViewerModel, micrograph: Image) -> Labels | None:
    """The label layer that is named after a micrograph, or the first that fits if there is one micrograph."""
    fitting = label_layers_for(viewer, micrograph)
    named = [layer for layer in fitting if layer.name in names_of_labels(micrograph.name)]
    if not named and len(micrograph_layers(viewer)) == 1:
        named = [layer for layer in fitting if role_of(layer) is None]
    return named[0] if named else None


def preview_request(viewer: ViewerModel, layer: Image, index: int) -> PreviewRequest:
    """Asks for what of a micrograph is on screen."""
    shape = mask_shape(layer)
    slice_index = 0
    if len(shape) == 3:
        point = layer.world_to_data(viewer.dims.point[-layer.ndim :])
        slice_index = int(np.clip(round(float(point[0])), 0, shape[0] - 1))
    return PreviewRequest(index, slice_index, _shown_region(layer, shape[-2], shape[-1]))


def _shown_region(layer: Image, height: int, width: int) -> tuple[slice, slice]:
    if layer.multiscale:  # its corners are those of the level on screen
        return slice(0, height), slice(0, width)
    corners = layer.corner_pixels[:, -2:]
    start = np.clip(corners[0], 0, None)
    stop = np.clip(corners[1] + 1, None, (height, width))
    if (stop - start < 2).any():
        return slice(0, height), slice(0, width)
    return slice(int(start[0]), int(stop[0])), slice(int(start[1]), int(stop[1]))
