"""A micrograph in grey with its classes tinted, as people look at masks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation

_OPACITY = 0.4


def overlay_picture(
    micrograph: Micrograph, mask: npt.NDArray[np.integer], classes: ClassTable, slice_index: int = 0
) -> npt.NDArray[np.uint8]:
    """Picture (h, w, 3) of one slice; ``mask`` has the micrograph's ``mask_shape``, else LabelError."""
    if mask.shape != micrograph.mask_shape:
        raise LabelError(
            f"The mask of {micrograph.name} has the shape {mask.shape}, the micrograph {micrograph.mask_shape}. "
            "Give the mask of this micrograph."
        )
    grey = _grey(micrograph, slice_index)[..., None].repeat(3, axis=-1)  # (h, w, 3)
    return _tinted(255 * grey, mask[slice_index] if micrograph.is_stack else mask, classes, _OPACITY)


def mask_picture(mask: npt.NDArray[np.integer], classes: ClassTable) -> npt.NDArray[np.uint8]:
    """One slice of a mask (h, w) in the class colours (h, w, 3); pixels without a class are black."""
    return _tinted(np.zeros((*mask.shape, 3), np.float32), mask, classes, 1)


def _grey(micrograph: Micrograph, slice_index: int) -> npt.NDArray[np.float32]:
    """One slice (h, w) from 0 to 1; what is not a finite number is black."""
    pixels = micrograph.crop(slice_index, slice(None), slice(None))
    span = Normalisation().fit(micrograph, slice_index)
    scaled = (pixels - span.low) / np.where(span.high > span.low, span.high - span.low, 1)
    grey: npt.NDArray[np.float32] = np.nan_to_num(scaled, nan=0, posinf=1, neginf=0).clip(0, 1).mean(axis=-1)
    return grey


def _tinted(
    picture: npt.NDArray[np.float32], mask: npt.NDArray[np.integer], classes: ClassTable, opacity: float
) -> npt.NDArray[np.uint8]:
    """``picture`` (h, w, 3) itself is painted on."""
    for _, entry in classes.entries():
        colour = np.array(list(bytes.fromhex(entry.colour[1:])), np.float32)
        where = mask == entry.value
        picture[where] = (1 - opacity) * picture[where] + opacity * colour
    return np.rint(picture).astype(np.uint8)
