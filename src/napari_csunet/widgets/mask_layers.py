"""Masks of files as label layers: on the micrograph of the same name, with its scale, and in the colours of classes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.widgets.layers import (
    classes_of,
    finest,
    mask_shape,
    note,
    pictures_of,
    pixel_size_of,
    role_of,
)
from napari_csunet.widgets.mask_pictures import MASK_ENDINGS, Pictures, stem_of_mask, without_number
from napari_csunet.widgets.result_layers import MASK_OPACITY, class_features, colormap_of

ADDED: Literal["added mask"] = "added mask"
PLACE = ("scale", "translate", "units")
SCALE_TOLERANCE, PLACE_TOLERANCE = 1e-5, 1e-3
"""Of two layers that lie on each other: part of a pixel by which pixels, and places, may differ."""


def fitting_micrograph(viewer: ViewerModel, mask: Layer, pictures: Pictures | None = None) -> Image | None:
    """The micrograph of the same name and shape; ``pictures``: those of the viewer, if they are known already."""
    shape = tuple(finest(mask).shape)
    namesakes = (pictures or pictures_of(viewer)).called(stem_of_mask(str(mask.name)))
    return next((one for one in namesakes if mask_shape(one) == shape), None)


def size_sentence(viewer: ViewerModel, name: str, shape: tuple[int, ...]) -> str:
    """Why a mask does not fit the micrograph of its name; empty if it does, or if there is none."""
    others = pictures_of(viewer).called(stem_of_mask(name))
    if not others or any(mask_shape(one) == shape for one in others):
        return ""
    sizes = (" × ".join(map(str, one)) for one in (shape, mask_shape(others[0])))
    return f"{name} has {next(sizes)} px and its micrograph {next(sizes)}: it was not added."


def known_classes(viewer: ViewerModel, values: npt.NDArray[np.integer]) -> ClassTable | None:
    """The class table of an open layer that lists just the values of a mask, 0 among them; any other means others."""
    tables = [table for layer in reversed(viewer.layers) if (table := classes_of(layer.metadata)) is not None]
    if not tables:
        return None
    held = {int(value) for value in np.unique(values)}
    return next((table for table in tables if held == set(table.values)), None)


def add_mask(
    viewer: ViewerModel,
    name: str,
    values: npt.NDArray[np.integer],
    classes: ClassTable | None,
    size: PixelSize | None,
) -> Labels:
    """Adds the layer, above its micrograph if that is open, else hidden while other micrographs are.

    ``size``: if the micrograph has none.
    """
    bare = without_number(name)
    called = bare if bare.endswith(MASK_ENDINGS) else f"{bare}_mask"
    looks = {"colormap": colormap_of(classes), "features": class_features(classes)} if classes else {}
    layer = Labels(values, name=called, opacity=MASK_OPACITY, metadata=note(ADDED, classes), **looks)
    micrograph = fitting_micrograph(viewer, layer)
    if micrograph is not None:
        place_on(layer, micrograph)
    if micrograph is not None or pictures_of(viewer).micrographs:
        layer.visible = micrograph is not None and micrograph.visible
    if size is not None and pixel_size_of(layer) is None:
        _give_size(layer, size)
    _insert_above(viewer, layer, micrograph)
    return layer


def _insert_above(viewer: ViewerModel, layer: Layer, micrograph: Image | None) -> None:
    """On top if there is no micrograph; another layer that is selected stays so."""
    layers = viewer.layers
    active = layers.selection.active
    layers.insert(len(layers) if micrograph is None else layers.index(micrograph) + 1, layer)
    layers.selection.active = active or layer


def bring_above(viewer: ViewerModel, layer: Layer, micrograph: Image) -> None:
    """In the list of layers, unless it is there already."""
    layers = viewer.layers
    if layers.index(layer) < layers.index(micrograph):
        layers.move(layers.index(layer), layers.index(micrograph) + 1)


def pair_late(viewer: ViewerModel) -> None:
    """Puts added masks without place and pixel size on micrographs that came after them, or got a size since."""
    pictures = pictures_of(viewer)
    for layer in viewer.layers:
        if role_of(layer) == ADDED and pixel_size_of(layer) is None:
            micrograph = fitting_micrograph(viewer, layer, pictures)
            if micrograph is not None and not lies_on(layer, micrograph):
                place_on(layer, micrograph)


def lies_on(layer: Layer, micrograph: Image) -> bool:
    """Whether it has the scale and place of a micrograph."""
    scale, place, units = (_axes_of(micrograph, name, layer.ndim) for name in PLACE)
    pixel = np.abs(np.array(scale, float))
    has_scale = np.abs(layer.scale - scale) <= SCALE_TOLERANCE * pixel
    has_place = np.abs(layer.translate - place) <= PLACE_TOLERANCE * pixel
    return tuple(layer.units) == units and bool(np.all(has_scale & has_place))


def place_on(layer: Layer, micrograph: Image) -> None:
    """Gives a layer the scale and place of a micrograph."""
    for name in PLACE:
        setattr(layer, name, _axes_of(micrograph, name, layer.ndim))


def _axes_of(micrograph: Image, name: str, count: int) -> tuple[Any, ...]:
    return tuple(getattr(micrograph, name)[-count:])


def _give_size(layer: Layer, size: PixelSize) -> None:
    layer.scale = (*layer.scale[:-2], size.y_nm / 1000, size.x_nm / 1000)
    layer.units = (*layer.units[:-2], "um", "um")
