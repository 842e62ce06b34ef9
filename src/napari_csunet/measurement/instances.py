"""Masks of other programs with a number for each object instead of a class: what they look like, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from skimage.measure import label

from napari_csunet.classes import PALETTE, ClassTable, MicrographClass
from napari_csunet.errors import LabelError

Mask = npt.NDArray[np.integer]

MOST_CLASSES, FEWEST_OBJECTS = 50, 10
LARGEST_NUMBER = 65535
BACKGROUND, OBJECT = "background", "object"
GREY = "#7f7f7f"
OBJECT_VALUES = ((0, 1), (1,))
"""Of the classes that masks with numbers of objects have."""


def is_numbered(
    masks: Iterable[tuple[str, Mask]], known: ClassTable | None, said: bool | None, *, said_with: str
) -> bool:
    """Whether the values of masks number objects: as somebody ``said``, else as all of them look.

    masks: with their names. known: their class table. said_with: where to say it, for the messages.
    Raises LabelError if the class table contradicts, or if some masks look so and others do not.
    """
    fits = known is None or known.values in OBJECT_VALUES
    if said and known is not None and not fits:
        named = ", ".join(f"{c.value}={c.name}" for c in known.classes)
        raise LabelError(
            f"The masks have the classes {named}, but {said_with} says that they number objects. Change one of the two."
        )
    if said is not None or not fits:
        return bool(said)
    found = {numbers_objects(mask): name for name, mask in masks if mask.any()}  # one of each
    if len(found) == 2:
        raise LabelError(
            f"{found[True]} looks as if it numbers its objects, and {found[False]} as if it holds classes. Measure "
            f"them one after the other, or say what all of them hold with {said_with}."
        )
    return True in found


def cannot_clean(name: str) -> LabelError:
    """What to raise for a mask that numbers its objects."""
    return LabelError(f"{name} numbers its objects. Only masks of classes can be cleaned.")


def numbers_objects(mask: Mask) -> bool:
    """Whether a mask (h, w) or (slices, h, w) looks as if each value were one object: many values, or one region each.

    More than 50 values are no classes. From 10 on they are none either if each fills a single region; a stack is
    judged by its number of values alone.
    """
    count = len(values_above_zero(mask))
    return count > MOST_CLASSES or (count >= FEWEST_OBJECTS and _region_count(mask) == count)


def is_one_region_each(mask: Mask) -> bool:
    """Whether several values, too few to look like numbers of objects, fill a single region each: it may be either."""
    count = len(values_above_zero(mask))
    return 1 < count < FEWEST_OBJECTS and _region_count(mask) == count


def _region_count(mask: Mask) -> int:
    """Regions of one value each; -1 for a stack, in which an object has one in each slice."""
    if mask.ndim != 2:
        return -1
    return int(label(mask, background=0, connectivity=2).max())  # type: ignore[no-untyped-call]


def values_above_zero(mask: Mask) -> list[int]:
    """Those that occur."""
    if mask.dtype in (np.uint8, np.uint16):
        return [int(value) for value in np.flatnonzero(np.bincount(mask.ravel())) if value]
    return [int(value) for value in np.unique(mask) if value > 0]


def object_classes(*, zero: bool) -> ClassTable:
    """The class table of such masks: 1 where an object is, and 0 between them if that is a class."""
    between = (MicrographClass(value=0, name=BACKGROUND, colour=GREY),) if zero else ()
    return ClassTable(classes=(*between, MicrographClass(value=1, name=OBJECT, colour=PALETTE[0])))


def small_numbers(numbers: Mask) -> Mask:
    """Numbers as they are up to 65535, else 1 to n in their order: as far as look-up tables and pictures count."""
    if numbers.max(initial=0) <= LARGEST_NUMBER:
        return numbers
    values, places = np.unique(numbers, return_inverse=True)
    first = int(np.count_nonzero(values <= 0))
    counted: Mask = np.maximum(places.reshape(numbers.shape) + 1 - first, 0).astype(np.int32)
    return counted


def class_mask(numbers: Mask) -> npt.NDArray[np.uint8]:
    """1 where an object is, else 0."""
    return (numbers > 0).astype(np.uint8)
