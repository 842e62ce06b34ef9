"""Files to micrographs and labels. The content of a file, not its name, says what format it has."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.picture import Picture, read_picture
from napari_csunet.micrographs.sem_metadata import acquisition_from, pixel_size_from
from napari_csunet.micrographs.sem_text_headers import text_header
from napari_csunet.micrographs.tiff import read_tiff

SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
"""Endings, in small letters, of the files that can be read."""

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_JPEG_START = b"\xff\xd8\xff"
_PICTURE_STARTS = (b"\x89PNG\r\n\x1a\n", _JPEG_START, b"BM")
# what decoders raise on damaged files
_DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    tifffile.TiffFileError,
    zlib.error,
)


def read_micrograph(path: str | Path, pixel_size: PixelSize | None = None) -> Micrograph:
    """Micrograph from a TIFF, PNG, JPEG or BMP file, in the type that the file has; pages and slices make a stack.

    Large TIFF files stay on disk until a crop is asked for. ``pixel_size`` replaces what the file, or the microscope's
    text file beside it, says. Raises MicrographError.
    """
    path = Path(path)
    picture = _read(path)
    if picture.pixels.dtype.kind not in "buif":
        raise MicrographError(f"{path} holds {picture.pixels.dtype} numbers. Save it as whole or real numbers.")
    pixels = _upright_contrast(picture)
    micrograph = Micrograph.from_array(pixels, name_of(path), pixel_size, rgb=picture.is_colour)
    return replace(_described(micrograph, path, picture), source=path)


def read_labels(path: str | Path) -> npt.NDArray[np.integer]:
    """Label values (h, w) or (slices, h, w) of a mask file.

    Grey stored as colour, palettes, true/false and real numbers without a fraction become whole numbers; raises
    MicrographError for everything else.
    """
    path = Path(path)
    if _start_of(path).startswith(_JPEG_START):
        raise MicrographError(f"{path} is a JPEG file, which blurs label values. Save the labels as TIFF or PNG.")
    values = _single_channel(path, _read(path))
    if values.dtype.kind not in "buif" or not _are_whole_and_positive(values):
        raise MicrographError(f"{path} is not a mask: label values are whole numbers from 0 up. Save one per class.")
    dtype = values.dtype if values.dtype.kind in "ui" else np.min_scalar_type(int(values.max()))
    return values.astype(dtype, copy=False)


def name_of(path: Path) -> str:
    """What the micrograph in a file is called: the file name without its ending."""
    return path.stem.removesuffix(".ome")


def _read(path: Path) -> Picture:
    start = _start_of(path)
    if not start.startswith(_TIFF_STARTS + _PICTURE_STARTS):
        raise MicrographError(f"{path} is not a TIFF, PNG, JPEG or BMP picture. Export it as TIFF.")
    try:
        return read_tiff(path) if start.startswith(_TIFF_STARTS) else read_picture(path)
    except OSError as error:
        raise MicrographError(f"{path} is damaged or cannot be opened ({error}). Copy or export it again.") from error
    except _DECODER_ERRORS as error:
        raise MicrographError(f"{path} is damaged or of an unknown kind ({error}). Export it again as TIFF.") from error


def _start_of(path: Path) -> bytes:
    if path.is_dir():
        raise MicrographError(f"{path} is a folder. Give the pictures in it.")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except FileNotFoundError as error:
        raise MicrographError(f"{path} does not exist. Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise MicrographError(f"{path} cannot be opened ({error}). Check its permissions.") from error
    if not start:
        raise MicrographError(f"{path} is empty. Copy or export it again.")
    return start


def _described(micrograph: Micrograph, path: Path, picture: Picture) -> Micrograph:
    """With what the microscope and the file say; a pixel size that the micrograph has already is left."""
    header = picture.header or text_header(path)
    sizes = [] if micrograph.pixel_size else [header.pixel_size if header else None, *picture.sizes]
    size, notices = pixel_size_from([one for one in sizes if one is not None])
    acquisition = acquisition_from(micrograph.name, header, micrograph.size, notices)
    return replace(micrograph, pixel_size=micrograph.pixel_size or size, acquisition=acquisition)


def _upright_contrast(picture: Picture) -> Any:
    """Pixels with bright shown by the higher number."""
    pixels = picture.pixels
    if not picture.white_is_zero or pixels.dtype.kind not in "bu":
        return pixels
    return ~pixels  # for unsigned integers, the largest value minus the pixel


def _single_channel(path: Path, picture: Picture) -> npt.NDArray[Any]:
    pixels = np.asarray(picture.pixels)
    if not picture.is_colour:
        return pixels
    if (pixels[..., :3] == pixels[..., :1]).all():
        return pixels[..., 0]
    if picture.indices is not None:
        return np.asarray(picture.indices)
    raise MicrographError(f"{path} is coloured. Save the labels as one whole number per class.")


def _are_whole_and_positive(values: npt.NDArray[Any]) -> bool:
    if values.dtype.kind in "bu":
        return True
    return bool(np.isfinite(values).all() and (values >= 0).all() and (values == np.trunc(values)).all())
