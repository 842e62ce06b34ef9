"""Small pictures of the micrographs, and by what a picture file is recognised."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.micrographs.reduction import reduced
from napari_csunet.micrographs.replacing import replacing
from napari_csunet.project.description import Stamp

SIDE = 128
"""Longest side of a thumbnail in pixels."""
_END_BYTES = 64 * 1024


def thumbnail(micrograph: Micrograph) -> npt.NDArray[np.uint8]:
    """The middle slice in grey or colour, (h, w, 3) with sides up to ``SIDE``."""
    small = reduced(micrograph, -(-max(micrograph.size) // SIDE))
    index = micrograph.slice_count // 2
    span = Normalisation().fit(small, index)
    pixels = small.crop(index, slice(None), slice(None))
    scaled = (pixels - span.low) / np.where(span.high > span.low, span.high - span.low, 1)
    picture: npt.NDArray[np.uint8] = np.rint(np.nan_to_num(scaled, nan=0, posinf=1, neginf=0).clip(0, 1) * 255).astype(
        np.uint8
    )
    channels = (0, 1, 2) if picture.shape[-1] >= 3 else (0, 0, 0)
    return np.ascontiguousarray(picture[..., channels])


def write_thumbnail(path: Path, picture: npt.NDArray[np.uint8]) -> None:
    """Raises OutputError."""
    import imageio.v3 as iio

    with replacing(path, overwrite=True) as temporary:
        iio.imwrite(temporary, picture, extension=".png")


def read_thumbnail(path: Path) -> npt.NDArray[np.uint8] | None:
    """None if there is none, or it is damaged."""
    import imageio.v3 as iio

    try:
        return np.asarray(iio.imread(path, mode="RGB"), np.uint8)
    except (OSError, ValueError, SyntaxError):
        return None


def stamp_of(path: Path) -> Stamp:
    """Length and time of change, without reading the file. Raises OSError."""
    state = path.stat()
    return Stamp(length=state.st_size, modified=state.st_mtime_ns)


def digest_of(path: Path) -> str:
    """SHA-256 of the first and last 64 KiB, enough to tell pictures apart. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(_END_BYTES))
        file.seek(max(0, os.fstat(file.fileno()).st_size - _END_BYTES))
        digest.update(file.read())
    return digest.hexdigest()
