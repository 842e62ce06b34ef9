"""A field of view that can be measured: the class of every pixel, which pixels count, and the scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.scale import Scale

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Field:
    """One slice of a mask.

    values: (h, w) class values. valid: (h, w), False where no class is: excluded, unlabelled or not in the table.
    instances: (h, w) a number for each object where another program has told touching objects apart, else None.
    """

    name: str
    values: npt.NDArray[np.integer]
    valid: Bools
    scale: Scale
    instances: npt.NDArray[np.integer] | None = None

    def inside(self, value: int) -> Bools:
        """Pixels (h, w) of a class."""
        found: Bools = (self.values == value) & self.valid
        return found

    @property
    def area(self) -> float:
        """Area of the valid pixels in the unit of the scale, squared."""
        return float(np.count_nonzero(self.valid)) * self.scale.pixel_area


def fields_of(name: str, mask: npt.NDArray[np.generic], classes: ClassTable, scale: Scale) -> list[Field]:
    """The slices of a mask (h, w) or (slices, h, w). Raises LabelError for other shapes and for broken numbers."""
    whole = whole_numbers(mask, name)
    if whole.ndim not in (2, 3) or 0 in whole.shape:
        raise LabelError(f"{name} has shape {whole.shape}. A mask is a picture of class values, or a stack of them.")
    slices = whole if whole.ndim == 3 else whole[None]
    names = [f"{name} [{i}]" for i in range(len(slices))] if whole.ndim == 3 else [name]
    return [Field(n, s, np.isin(s, classes.values), scale) for n, s in zip(names, slices, strict=True)]


def field_of_instances(name: str, labels: npt.NDArray[np.generic], scale: Scale) -> Field:
    """Field of an instance mask (h, w): class 1 where an object is, class 0 between them."""
    whole = instance_labels(labels, name)
    return Field(name, (whole > 0).astype(np.uint8), np.ones(whole.shape, bool), scale, whole)


def instance_labels(labels: npt.NDArray[np.generic], name: str = "The instance mask") -> npt.NDArray[np.integer]:
    """One number for each object, (h, w), 0 elsewhere. Raises LabelError for broken or negative numbers."""
    whole = whole_numbers(labels, name)
    if whole.ndim != 2 or 0 in whole.shape:
        raise LabelError(
            f"{name} has shape {whole.shape}. An instance mask is a picture with a number for each object."
        )
    if whole.min() < 0:
        raise LabelError(f"{name} holds {whole.min()}. Objects are numbered from 1, and 0 is what lies between them.")
    return whole


def whole_numbers(array: npt.NDArray[np.generic], name: str) -> npt.NDArray[np.integer]:
    """The array as integers if that loses nothing; raises LabelError that shows the first value that is none."""
    if np.issubdtype(array.dtype, np.integer):
        integers: npt.NDArray[np.integer] = np.asarray(array)
        return integers
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    if array.dtype.kind != "f":
        raise LabelError(f"{name} has type {array.dtype}. A mask holds whole numbers.")
    broken = array[~np.isfinite(array) | (array != np.rint(array))]
    if broken.size:
        raise LabelError(
            f"{name} holds {broken[0]:g}, which is no class value. A probability map must be turned into a mask first."
        )
    return array.astype(np.int64)
