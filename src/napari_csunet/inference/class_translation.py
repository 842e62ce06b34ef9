"""Which label value a class of a mask has where the labels have another class table than the mask."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import UNLABELLED, ClassTable, MicrographClass


def label_values(of_mask: ClassTable, of_labels: ClassTable) -> dict[int, int]:
    """The label value of each mask value.

    Classes of one name belong together, whatever their values. By its value alone a class is only known if nobody
    has named it, there or here. Classes of the mask that the labels lack are left out.
    """
    named = {_folded(c.name): c.value for c in of_labels.classes} | {c.name: c.value for c in of_labels.classes}
    wanted = {c.value: named.get(c.name, named.get(_folded(c.name))) for c in of_mask.classes}
    found = {value: target for value, target in wanted.items() if target is not None}
    left = {c.value: c for c in of_labels.classes if c.value not in found.values()}
    for one in of_mask.classes:
        other = left.get(one.value)
        if one.value not in found and other is not None and (_is_unnamed(one) or _is_unnamed(other)):
            found[one.value] = one.value
    return found


def in_label_values(mask: npt.NDArray[np.integer], values: Mapping[int, int]) -> npt.NDArray[np.signedinteger]:
    """A mask of any shape, translated with ``label_values``; ``UNLABELLED`` where the labels lack its class."""
    large = max(values.values(), default=0) > np.iinfo(np.int16).max
    translated = np.full(mask.shape, UNLABELLED, np.int32 if large else np.int16)
    for value, target in values.items():
        translated[mask == value] = target
    return translated


def _folded(name: str) -> str:
    return name.strip().casefold()


def _is_unnamed(one: MicrographClass) -> bool:
    """Whether it has the name that it was made with."""
    return one.name == f"class {one.value}"
