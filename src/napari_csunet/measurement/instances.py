"""Masks of other programs with a number for each object instead of a class: what they look like, and what they hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from skimage.measure import label

from napari_csunet.classes import PALETTE, ClassTable, MicrographClass

Mask = npt.NDArray[np.integer]

MOST_CLASSES, FEWEST_OBJECTS = 50, 10
BACKGROUND, OBJECT = "background", "object"
GREY = "#7f7f7f"


def numbers_objects(mask: Mask) -> bool:
    """Whether a mask (h, w) or (slices, h, w) looks as if each value were one object: many values, or one region each.

    More than 50 values are no classes. From 10 on they are none either if each fills a single region; a stack is
    judged by its number of values alone.
    """
    count = len(values_above_zero(mask))
    if count > MOST_CLASSES or count < FEWEST_OBJECTS or mask.ndim != 2:
        return count > MOST_CLASSES
    regions = label(mask, background=0, connectivity=2)  # type: ignore[no-untyped-call]
    return int(regions.max()) == count


def values_above_zero(mask: Mask) -> list[int]:
    """Those that occur."""
    if mask.dtype in (np.uint8, np.uint16):
        return [int(value) for value in np.flatnonzero(np.bincount(mask.ravel())) if value]
    return [int(value) for value in np.unique(mask) if value > 0]


def object_classes(*, zero: bool) -> ClassTable:
    """The class table of such masks: 1 where an object is, and 0 between them if that is a class."""
    between = (MicrographClass(value=0, name=BACKGROUND, colour=GREY),) if zero else ()
    return ClassTable(classes=(*between, MicrographClass(value=1, name=OBJECT, colour=PALETTE[0])))


def class_mask(numbers: Mask) -> npt.NDArray[np.uint8]:
    """1 where an object is, else 0."""
    return (numbers > 0).astype(np.uint8)
