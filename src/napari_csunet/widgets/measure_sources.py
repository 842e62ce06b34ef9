"""Which layers are masks that can be measured, and what a thread needs of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from napari_csunet.classes import ClassTable
from napari_csunet.measurement.kind import Kind
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.reports import ModelFile
from napari_csunet.widgets.closed_masks import ClosedMicrograph, closed_micrograph
from napari_csunet.widgets.engine import MicrographSource
from napari_csunet.widgets.layers import (
    classes_of,
    finest,
    layer_name,
    mask_pictures,
    mask_shape,
    micrograph_name,
    names_of_labels,
    pictures_of,
    pixel_size_of,
    role_of,
    snapshot,
    source_of,
)
from napari_csunet.widgets.made_with import model_of
from napari_csunet.widgets.mask_cleaning import CleanUps, DoneCleaning, cleaning_of
from napari_csunet.widgets.mask_labels import MaskLabels
from napari_csunet.widgets.mask_layers import ADDED, fitting_micrograph
from napari_csunet.widgets.mask_naming import chosen_kinds, named_classes, said_of_numbers
from napari_csunet.widgets.mask_pictures import MASK_ENDINGS, Pictures, stem_of_mask, stems_of

MASK_ROLES = (None, "labels", "mask", ADDED)


@dataclass(frozen=True, eq=False)
class MaskSource:
    """What a mask layer holds, until a thread measures it.

    values: (h, w) or (slices, h, w) of any kind of array. cleaned: what was done to it before. kinds: what the user
    said that classes are measured as, by value. said_of_numbers: whether names and kinds were said of numbers of
    objects rather than of classes, None if nothing was said. carried: the classes before that. model: what made it.
    """

    name: str
    values: Any
    classes: ClassTable | None
    pixel_size: PixelSize | None
    micrograph: MicrographSource | None = None
    probability: Any = None
    uncertainty: Any = None
    is_corrected: bool = False
    cleaned: DoneCleaning | None = None
    kinds: Mapping[int, Kind] = field(default_factory=dict)
    said_of_numbers: bool | None = None
    carried: ClassTable | None = None
    model: ModelFile | None = None

    def read_as(self, *, numbered: bool) -> MaskSource:
        """Without what was said while its values were read otherwise."""
        if self.said_of_numbers in (None, numbered):
            return self
        return replace(self, classes=self.carried, kinds={}, said_of_numbers=None)

    @property
    def cleaning(self) -> CleanUps:
        return self.cleaned.settings if self.cleaned else {}

    @property
    def changed_pixels(self) -> int:
        return self.cleaned.changed_pixels if self.cleaned else 0


def measurable_layers(viewer: ViewerModel) -> list[Layer]:
    """Label layers, and pictures that are masks or called so, because napari opens mask files as pictures."""
    pictures = set(mask_pictures(viewer))
    return [layer for layer in viewer.layers if _is_mask(layer) or layer in pictures]


def _is_mask(layer: Layer) -> bool:
    if isinstance(layer, Labels):
        return role_of(layer) in MASK_ROLES
    return isinstance(layer, Image) and role_of(layer) is None and str(layer.name).endswith(MASK_ENDINGS)


def is_meant(layer: Layer) -> bool:
    """Whether a layer is measured unless somebody says no: strokes on part of a micrograph are not."""
    return isinstance(layer, Labels) and role_of(layer) != "labels"


def mask_name(layer: Layer) -> str:
    """The name of its micrograph, if it is called after that, else its own."""
    name, owner = str(layer.name), micrograph_name(layer) if isinstance(layer, Labels) else None
    if role_of(layer) == "labels" or (owner is not None and name == layer_name(owner, "mask")):
        return owner or name
    return stem_of_mask(name)


def table_names(masks: Sequence[Layer]) -> list[str]:
    """What tables call masks; those of one micrograph keep names of their own."""
    names = [mask_name(mask) for mask in masks]
    return [name if names.count(name) == 1 else str(mask.name) for name, mask in zip(names, masks, strict=True)]


def micrograph_of(viewer: ViewerModel, mask: Layer, pictures: Pictures | None = None) -> Image | None:
    """The micrograph on which a mask lies: that of its name, or the only one of its shape.

    ``pictures``: those of the viewer, if they are known already.
    """
    pictures = pictures or pictures_of(viewer)
    if role_of(mask) == ADDED or mask in pictures.masks:
        return fitting_micrograph(viewer, mask, pictures)
    fitting = [one for one in pictures.of_shape(tuple(finest(mask).shape)) if not _is_mask(one)]
    owner = micrograph_name(mask) if isinstance(mask, Labels) else None
    named = [one for one in fitting if one.name == owner or mask.name in (one.name, *names_of_labels(one.name))]
    if named or owner is not None:
        return named[0] if named else None
    return fitting[0] if len(fitting) == 1 else None


def are_of_one_place(viewer: ViewerModel, masks: list[Layer]) -> bool:
    """Whether these are two masks that may be of one micrograph."""
    if len(masks) != 2 or finest(masks[0]).shape != finest(masks[1]).shape:
        return False
    owners = [micrograph_of(viewer, mask) for mask in masks]
    return owners[0] is owners[1] or None in owners


def size_of(viewer: ViewerModel, mask: Layer, pictures: Pictures | None = None) -> PixelSize | None:
    """Pixel size of a mask, or of its micrograph; ``pictures``: those of the viewer, if they are known already."""
    if (own := pixel_size_of(mask)) is not None:
        return own
    micrograph = micrograph_of(viewer, mask, pictures)
    return None if micrograph is None else pixel_size_of(micrograph)


def give_size(viewer: ViewerModel, masks: list[Layer], size: PixelSize) -> None:
    """To masks, their micrographs, and what else of the same pixels lies on these."""
    pictures = pictures_of(viewer)
    micrographs = [one for one in (micrograph_of(viewer, mask, pictures) for mask in masks) if one is not None]
    mates = [layer for one in micrographs for layer in viewer.layers if _is_mate(layer, one)]
    for layer in dict.fromkeys([*masks, *micrographs, *mates]):
        layer.scale = (*layer.scale[:-2], size.y_nm / 1000, size.x_nm / 1000)
        layer.units = (*layer.units[:-2], "um", "um")


def _is_mate(layer: Layer, micrograph: Image) -> bool:
    """Whether a layer of ours lies on a micrograph and has its pixels; what is drawn as shapes has none of its own."""
    if layer is micrograph or role_of(layer) is None or _owner_name(layer) not in stems_of(micrograph):
        return False
    return not isinstance(layer, Image | Labels) or finest(layer).shape[-2:] == mask_shape(micrograph)[-2:]


def _owner_name(layer: Layer) -> str | None:
    return stem_of_mask(str(layer.name)) if role_of(layer) == ADDED else micrograph_name(layer)


def give_size_to(viewer: ViewerModel, micrograph: Image, size: PixelSize) -> None:
    """As ``give_size``, also where no mask lies on the micrograph."""
    pictures = pictures_of(viewer)
    masks = [mask for mask in measurable_layers(viewer) if micrograph_of(viewer, mask, pictures) is micrograph]
    give_size(viewer, [*masks, micrograph], size)


def mask_sources(viewer: ViewerModel, masks: Sequence[Layer], slices: Sequence[int | None] = ()) -> list[MaskSource]:
    """``slices``: of each mask the only one that is wanted of a stack, or None."""
    parts = zip(masks, slices or [None] * len(masks), table_names(masks), strict=True)
    return [replace(mask_source(viewer, mask, one), name=_in_slice(name, one)) for mask, one, name in parts]


def _in_slice(name: str, shown_slice: int | None) -> str:
    return name if shown_slice is None else f"{name} [{shown_slice}]"


def mask_source(viewer: ViewerModel, mask: Layer, shown_slice: int | None = None) -> MaskSource:
    """``shown_slice``: the only one that is wanted of a stack."""
    micrograph, place = micrograph_of(viewer, mask), slice(None) if shown_slice is None else shown_slice
    values, cleaned = finest(mask), cleaning_of(mask)
    source = _picture_of(mask, micrograph)
    if values.ndim == 3 and shown_slice is not None:
        values = values[shown_slice]
        source = None if source is None else _slice_of(source, shown_slice)
        cleaned = None if cleaned is None else cleaned.in_slice(shown_slice)
    return MaskSource(
        _in_slice(mask_name(mask), shown_slice),
        snapshot(values),
        named_classes(mask),
        size_of(viewer, mask),
        source,
        _result(viewer, micrograph, "probability", place),
        _result(viewer, micrograph, "unsure", place),
        isinstance(mask, MaskLabels) and mask.is_corrected,
        cleaned,
        chosen_kinds(mask),
        said_of_numbers(mask),
        classes_of(mask.metadata),
        model_of(mask),
    )


def bare_sources(viewer: ViewerModel, masks: Sequence[Layer]) -> list[MaskSource]:
    """Of the values as they are, with no more than their micrographs: for a look that takes no copy."""
    pictures = pictures_of(viewer)
    owners = (micrograph_of(viewer, mask, pictures) for mask in masks)
    parts = zip(masks, owners, table_names(masks), strict=True)
    return [_bare(mask, _picture_of(mask, owner), name) for mask, owner, name in parts]


def _bare(mask: Layer, micrograph: MicrographSource | None, name: str) -> MaskSource:
    return MaskSource(
        name,
        finest(mask),
        named_classes(mask),
        pixel_size=None,
        micrograph=micrograph,
        kinds=chosen_kinds(mask),
        said_of_numbers=said_of_numbers(mask),
        carried=classes_of(mask.metadata),
    )


def _picture_of(mask: Layer, micrograph: Image | None) -> MicrographSource | None:
    """Of an open micrograph, or of a closed one of a project, whose picture a thread then reads."""
    return closed_micrograph(mask) if micrograph is None else source_of(micrograph)


def _slice_of(source: MicrographSource, index: int) -> MicrographSource:
    if isinstance(source, ClosedMicrograph):
        return replace(source, index=index)
    return MicrographSource(source.name, source.pixels[index], source.rgb, source.pixel_size)


def _result(viewer: ViewerModel, micrograph: Image | None, role: Any, place: Any) -> Any:
    """Pixels of a result layer of a micrograph; of a stack what is at ``place``."""
    if micrograph is None:
        return None
    name = layer_name(micrograph.name, role)
    found = next((one for one in viewer.layers if one.name == name and role_of(one) == role), None)
    if found is None:
        return None
    pixels = finest(found)
    return pixels[..., place, :, :] if len(mask_shape(micrograph)) == 3 else pixels


def shown_slice_of(viewer: ViewerModel, layer: Layer) -> int:
    """Slice of a stack that is on screen."""
    point = layer.world_to_data(viewer.dims.point[-layer.ndim :])
    return int(np.clip(round(float(point[0])), 0, finest(layer).shape[0] - 1))
