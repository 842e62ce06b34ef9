"""Which image layers are masks that napari opened as pictures: they are no micrographs."""

from __future__ import annotations

import re
import weakref
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Layer

from napari_csunet.errors import LabelError
from napari_csunet.micrographs.reading import name_of
from napari_csunet.micrographs.writing import class_table_path, read_class_table

MASK_ENDINGS = ("_labels", "_label", "_masks", "_mask")
LOOKS = "napari-csunet looks like a mask"
"""Key in the metadata of a picture for what was found out about it, since that takes a moment."""

MOST_CLASS_VALUES = 16
EVEN_SHARE = 0.9
"""Of neighbouring pixels in a mask of many values, more than this share hold the same value."""
BEYOND_CHANCE = 0.4
"""In a mask of few values they hold it so much more often than if all pixels were shuffled; 1 would be always."""
LOOKED_AT = 512
_NUMBER_OF_NAPARI = re.compile(r" \[\d+\]$")


def stems_of(layer: Layer) -> set[str]:
    """What a layer may be called in pairs: its name, and that of its file."""
    path = layer.source.path
    return {without_number(str(layer.name)), *([name_of(Path(path))] if path else [])}


def without_number(name: str) -> str:
    """Without the number that napari puts behind a name that is taken."""
    return _NUMBER_OF_NAPARI.sub("", name)


def stem_of_mask(name: str) -> str:
    """The name of a mask without a "_mask" or its like at the end, and without the number that napari gives."""
    bare = without_number(name)
    return next((bare.removesuffix(ending) for ending in MASK_ENDINGS if bare.endswith(ending)), bare)


class Pictures:
    """The pictures of a viewer at one moment, looked through once: ``micrographs``, and the ``masks`` among them.

    A picture of whole numbers is a mask if its file has a class table with its values beside it, or if it has the shape
    and the name of another picture, with "_mask" or its like at the end, or is even where that one is not.
    """

    def __init__(self, pictures: Iterable[Image]) -> None:
        stems = {picture: stems_of(picture) for picture in pictures}
        namesakes: dict[tuple[tuple[int, ...], str], list[Image]] = defaultdict(list)
        for picture, names in stems.items():
            for name in names:
                namesakes[_plane(picture), name].append(picture)
        self.masks = [one for one, names in stems.items() if _is_mask(one, names, namesakes)]
        masks = set(self.masks)
        self.micrographs = [one for one in stems if one not in masks]
        self._stems = stems

    @cached_property
    def _by_stem(self) -> Mapping[str, Sequence[Image]]:
        found: dict[str, list[Image]] = defaultdict(list)
        for one in self.micrographs:
            for name in self._stems[one]:
                found[name].append(one)
        return dict(found)

    @cached_property
    def _by_plane(self) -> Mapping[tuple[int, ...], Sequence[Image]]:
        found: dict[tuple[int, ...], list[Image]] = defaultdict(list)
        for one in self.micrographs:
            found[_plane(one)].append(one)
        return dict(found)

    def called(self, stem: str) -> Sequence[Image]:
        """Micrographs of this name, or whose files have it."""
        return self._by_stem.get(stem, ())

    def of_shape(self, shape: tuple[int, ...]) -> Sequence[Image]:
        """Micrographs with masks of this shape."""
        return self._by_plane.get(shape, ())


Namesakes = Mapping[tuple[tuple[int, ...], str], Sequence[Image]]
"""By shape and name."""


def _is_mask(layer: Image, names: Collection[str], pictures: Namesakes) -> bool:
    if layer.rgb or _pixels(layer).dtype.kind not in "bui":
        return False
    if _has_class_table(layer):
        return True
    shape = _plane(layer)
    ends = [stem_of_mask(name) for name in names if name.endswith(MASK_ENDINGS)]
    if any(other is not layer for stem in ends for other in pictures.get((shape, stem), ())):
        return True
    same = dict.fromkeys(other for name in names for other in pictures[shape, name] if other is not layer)
    return bool(same) and _is_even(layer) and not all(_is_even(other) for other in same)


def _plane(layer: Image) -> tuple[int, ...]:
    shape = tuple(_pixels(layer).shape)
    return shape[:-1] if layer.rgb else shape


def _pixels(layer: Image) -> Any:
    return layer.data[0] if layer.multiscale else layer.data


def _has_class_table(layer: Image) -> bool:
    path = layer.source.path
    return bool(path) and _known(layer, "table", lambda: _is_of_table(_pixels(layer), str(path)))


def _is_of_table(pixels: Any, path: str) -> bool:
    """Whether the values are those of the table: a micrograph of the same name may lie beside a mask.

    Pixels that are not in memory are not read for that. A broken table speaks for a mask: who uses it will be told.
    """
    if not class_table_path(path).is_file() or not isinstance(pixels, np.ndarray):
        return class_table_path(path).is_file()
    try:
        table = read_class_table(path)
    except LabelError:
        return True
    return set(np.unique(_middle(pixels)).tolist()) <= {0, *table.values, table.excluded_value}


def _is_even(layer: Image) -> bool:
    """Whether its middle holds large patches of one value each, or few values in patches."""
    return _known(layer, "even", lambda: _looks_even(_pixels(layer)))


def _looks_even(pixels: Any) -> bool:
    if not isinstance(pixels, np.ndarray) or pixels.ndim not in (2, 3) or pixels.dtype.kind not in "bui":
        return False
    middle = _middle(pixels)
    _, counts = np.unique(middle, return_counts=True)
    by_chance, same = float(np.sum((counts / middle.size) ** 2)), float(np.mean(middle[:, 1:] == middle[:, :-1]))
    if len(counts) > MOST_CLASS_VALUES:
        return same > EVEN_SHARE
    return len(counts) == 1 or same - by_chance > BEYOND_CHANCE * (1 - by_chance)


def _middle(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Of the first slice."""
    height, width = pixels.shape[-2:]
    top, left = max(0, (height - LOOKED_AT) // 2), max(0, (width - LOOKED_AT) // 2)
    middle: npt.NDArray[np.generic] = pixels.reshape(-1, height, width)[0]
    return middle[top : top + LOOKED_AT, left : left + LOOKED_AT]


def _known(layer: Image, what: str, find_out: Callable[[], bool]) -> bool:
    """Found out once for the pixels in memory that the layer has now."""
    pixels = _pixels(layer)
    if not isinstance(pixels, np.ndarray):
        return find_out()
    kept: dict[str, tuple[weakref.ref[Any], bool]] = layer.metadata.setdefault(LOOKS, {})
    if what not in kept or kept[what][0]() is not pixels:
        kept[what] = weakref.ref(pixels), find_out()
    return kept[what][1]
