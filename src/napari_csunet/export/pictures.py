"""Pictures of results for people: the micrograph with its classes tinted and a scale bar."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from napari_csunet.classes import ClassTable
from napari_csunet.export.results import Result
from napari_csunet.export.scale_bar import with_scale_bar
from napari_csunet.measurement.field import whole_numbers
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.overlay import mask_picture, overlay_picture

_JPEG_QUALITY = 90


def overlay(result: Result, index: int, classes: ClassTable) -> npt.NDArray[np.uint8]:
    """Picture (h, w, 3) of one slice, of its mask alone if there is no micrograph; square pixels, with a scale bar."""
    if result.micrograph is None:
        picture = mask_picture(whole_numbers(result.slices[index], result.name), classes)
    else:
        picture = overlay_picture(result.micrograph, whole_numbers(result.mask, result.name), classes, index)
    if result.scale is None:
        return picture
    height = len(picture)
    picture, pixel_nm = _with_square_pixels(picture, result.scale)
    return with_scale_bar(picture, pixel_nm, _specimen(result, height, len(picture)))


def png(picture: npt.NDArray[np.uint8]) -> bytes:
    """The picture (h, w, 3) as a PNG file."""
    return _encoded(Image.fromarray(picture), "PNG", optimize=False)


def thumbnail(picture: npt.NDArray[np.uint8], side: int) -> bytes:
    """The picture (h, w, 3) as a JPEG file, at most ``side`` pixels high and wide."""
    image = Image.fromarray(picture)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _encoded(image, "JPEG", quality=_JPEG_QUALITY)


def data_uri(content: bytes, kind: str) -> str:
    """A file, ``kind`` being png, jpeg or svg+xml, as an address that needs no file."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _encoded(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _with_square_pixels(picture: npt.NDArray[np.uint8], size: PixelSize) -> tuple[npt.NDArray[np.uint8], float]:
    """The picture as it is if its pixels are square, else stretched; and the side of a pixel in nanometres."""
    side = min(size.y_nm, size.x_nm)
    height, width = (round(n * length / side) for n, length in zip(picture.shape, (size.y_nm, size.x_nm), strict=False))
    if (height, width) == picture.shape[:2]:
        return picture, side
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.NEAREST)), side


def _specimen(result: Result, height: int, drawn: int) -> slice:
    """Rows of the drawn picture without the databar of a mask with ``height`` rows."""
    bar = result.databar
    if bar is None:
        return slice(0, drawn)
    top, bottom = (0, bar.start) if bar.start > 0 else (bar.stop, height)
    return slice(round(top * drawn / height), round(bottom * drawn / height))
