"""Which image layers are masks that napari opened as pictures: they are no micrographs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Image, Layer

from napari_csunet.micrographs.reading import name_of
from napari_csunet.micrographs.writing import class_table_path

MASK_ENDINGS = ("_labels", "_label", "_masks", "_mask")
LOOKS = "napari-csunet looks like a mask"
"""Key in the metadata of a picture for what was found out about it, since that takes a moment."""

MOST_CLASS_VALUES = 16
EVEN_SHARE = 0.9
"""Of neighbouring pixels in a mask, more than this share hold the same value."""
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


def is_mask_picture(layer: Image, pictures: Sequence[Image]) -> bool:
    """Whether a picture of whole numbers has a class table beside its file, or is the mask of another picture.

    It is if it has the shape and the name of that one, with "_mask" or its like at the end, or is even where that one
    is not.
    """
    if layer.rgb or _pixels(layer).dtype.kind not in "bui":
        return False
    if _has_class_table(layer):
        return True
    others = [one for one in pictures if one is not layer and _plane(one) == _plane(layer)]
    return any(_is_mask_of(layer, other) for other in others)


def _is_mask_of(layer: Image, other: Image) -> bool:
    own, theirs = stems_of(layer), stems_of(other)
    if any(name.endswith(MASK_ENDINGS) and stem_of_mask(name) in theirs for name in own):
        return True
    return bool(own & theirs) and _is_even(layer) and not _is_even(other)


def _plane(layer: Image) -> tuple[int, ...]:
    shape = tuple(_pixels(layer).shape)
    return shape[:-1] if layer.rgb else shape


def _pixels(layer: Image) -> Any:
    return layer.data[0] if layer.multiscale else layer.data


def _has_class_table(layer: Image) -> bool:
    path = layer.source.path
    return bool(path) and _known(layer, "table", lambda: class_table_path(str(path)).is_file())


def _is_even(layer: Image) -> bool:
    """Whether its middle holds few values, or large patches of one value each."""
    return _known(layer, "even", lambda: _looks_even(_pixels(layer)))


def _looks_even(pixels: Any) -> bool:
    if not isinstance(pixels, np.ndarray) or pixels.ndim not in (2, 3) or pixels.dtype.kind not in "bui":
        return False
    height, width = pixels.shape[-2:]
    top, left = max(0, (height - LOOKED_AT) // 2), max(0, (width - LOOKED_AT) // 2)
    middle = pixels.reshape(-1, height, width)[0, top : top + LOOKED_AT, left : left + LOOKED_AT]
    if len(np.unique(middle)) <= MOST_CLASS_VALUES:
        return True
    return float(np.mean(middle[:, 1:] == middle[:, :-1])) > EVEN_SHARE


def _known(layer: Layer, what: str, find_out: Any) -> bool:
    kept: dict[str, bool] = layer.metadata.setdefault(LOOKS, {})
    if what not in kept:
        kept[what] = bool(find_out())
    return kept[what]
