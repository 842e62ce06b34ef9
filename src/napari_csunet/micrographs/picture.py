"""What a picture file holds, before it is taken as a micrograph or as labels; PNG, JPEG and BMP files."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_csunet.micrographs.sem_header import Header, StatedSize


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels of a file, numpy or dask.

    pixels: (h, w) or (slices, h, w), with a last axis of samples if ``is_colour``.
    indices: (h, w) or (slices, h, w), if the pixels are the palette colours of these values.
    white_is_zero: whether 0 is meant to be shown white.
    header: what the microscope put into the file.
    sizes: pixel sizes that the file states besides, the most trustworthy first.
    """

    pixels: Any
    is_colour: bool = False
    indices: Any = None
    white_is_zero: bool = False
    header: Header | None = None
    sizes: tuple[StatedSize, ...] = ()


def read_picture(path: Path) -> Picture:
    """First frame of a PNG, JPEG or BMP file. What the decoder raises is passed on."""
    if _is_deep_colour_png(path):
        import imagecodecs

        return Picture(imagecodecs.png_decode(path.read_bytes()), is_colour=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of pictures above 89 megapixels, which stitched micrographs are
        return _read_with_imageio(path)


def _is_deep_colour_png(path: Path) -> bool:
    """Whether it holds 16 bits per colour, which Pillow would silently reduce to 8."""
    with path.open("rb") as file:
        header = file.read(26)
    return header.startswith(b"\x89PNG") and header[24:26] in (b"\x10\x02", b"\x10\x06")


def _read_with_imageio(path: Path) -> Picture:
    import imageio.v3 as iio

    mode = iio.immeta(path, plugin="pillow", index=0)["mode"]
    is_grey = mode in ("1", "L", "F") or mode.startswith("I")
    pixels = iio.imread(path, plugin="pillow", index=0, mode=None if is_grey else "RGB")
    indices = iio.imread(path, plugin="pillow", index=0, mode="P") if mode == "P" else None
    return Picture(pixels, is_colour=not is_grey, indices=indices)
