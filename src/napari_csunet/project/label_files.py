"""Labels of a project as TIFF files: every painted value is kept, in the class table or not."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from napari_csunet.errors import LabelError
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.micrographs.replacing import replacing

Labels = npt.NDArray[np.integer[Any]]


def write_labels(path: Path, labels: Labels, pixel_size: PixelSize | None = None) -> None:
    """Label values (h, w) or (slices, h, w), negative ones as 0; replaces the file. Raises OutputError."""
    values = np.maximum(labels, 0)
    values = values.astype(np.min_scalar_type(int(values.max(initial=0))), copy=False)
    options: dict[str, Any] = {"photometric": "minisblack", "compression": "zlib"}
    if pixel_size is not None:
        options |= {"resolution": (1e7 / pixel_size.x_nm, 1e7 / pixel_size.y_nm), "resolutionunit": "CENTIMETER"}
    with replacing(path, overwrite=True) as temporary:
        tifffile.imwrite(temporary, values, metadata={"axes": "ZYX"[-values.ndim :]}, **options)


def read_labels_of(path: Path, shape: tuple[int, ...]) -> Labels:
    """Labels of a micrograph whose ``mask_shape`` is ``shape``; raises LabelError if they are of another size."""
    labels = read_labels(path)
    if labels.shape != shape and (labels.shape[-2:] != shape[-2:] or labels.size != np.prod(shape)):
        raise LabelError(
            f"{path.name} was painted on a micrograph of {_size(labels.shape)}, but this one has {_size(shape)}."
        )
    return labels.reshape(shape)


def painted_pixels(labels: npt.NDArray[Any]) -> dict[int, int]:
    """How many pixels hold each label value above 0."""
    if labels.dtype in (np.uint8, np.uint16):
        counts = np.bincount(labels.ravel())
        return {int(value): int(counts[value]) for value in np.flatnonzero(counts) if value > 0}
    values, numbers = np.unique(labels, return_counts=True)
    return {int(value): int(number) for value, number in zip(values, numbers, strict=True) if value > 0}


def checksum(labels: npt.NDArray[Any]) -> int:
    """The same for equal values of equal shape, whatever their type."""
    value = zlib.crc32(str(labels.shape).encode())
    for part in labels:  # a row or a slice at a time
        value = zlib.crc32(np.ascontiguousarray(part, dtype=np.uint32).tobytes(), value)
    return value


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(str(length) for length in (*shape[-1:-3:-1], *shape[:-2]))
