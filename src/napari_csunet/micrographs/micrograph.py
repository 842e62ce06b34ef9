"""A micrograph in memory or on disk, as the engine sees it: slices of pixels and the size of a pixel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.acquisition import Acquisition

_NANOMETRES = {
    "pm": 1e-3,
    "å": 0.1,
    "nm": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    "micron": 1e3,
    "mm": 1e6,
    "cm": 1e7,
    "m": 1e9,
}

SMALLEST_NM, LARGEST_NM = 1e-5, 1e9
"""No pixel is smaller or larger; what files can hold ends not far beyond."""
ALIKE = 1.1
"""Pixel sizes that differ less than this many times are taken for the same."""


@dataclass(frozen=True)
class PixelSize:
    """Height and width of a pixel in nanometres."""

    y_nm: float
    x_nm: float

    @classmethod
    def of(cls, y: float, x: float, unit: str) -> PixelSize:
        """Raises MicrographError for an unknown unit or a size that no micrograph has."""
        factor = _NANOMETRES.get(unit.strip().lower().replace("micrometer", "um").replace("micrometre", "um"))
        if factor is None or not all(SMALLEST_NM <= size * factor <= LARGEST_NM for size in (y, x)):
            raise MicrographError(f"{y:g} × {x:g} {unit} is not a pixel size. Write it as 12.5nm or 0.02µm.")
        return cls(y * factor, x * factor)

    @classmethod
    def parse(cls, text: str) -> PixelSize:
        """Pixel size from "12.5nm" or "0.1 µm"."""
        match = re.fullmatch(r"\s*(\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-zµμå]+)\s*", text.lower())
        if match is None:
            raise MicrographError(f"{text!r} is not a pixel size. Write it as 12.5nm or 0.02µm.")
        return cls.of(float(match[1]), float(match[1]), match[2])

    def times(self, factor: float) -> PixelSize:
        """A pixel that much larger."""
        return PixelSize(self.y_nm * factor, self.x_nm * factor)

    def ratio_to(self, other: PixelSize) -> float:
        """How many times larger one is than the other, along the side where that is most; at least 1."""
        ratios = (self.y_nm / other.y_nm, self.x_nm / other.x_nm)
        return max(max(ratio, 1 / ratio) for ratio in ratios)

    def is_like(self, other: PixelSize) -> bool:
        """Whether they differ by so little that a network need not know."""
        return self.ratio_to(other) < ALIKE

    def __str__(self) -> str:
        unit, factor = ("nm", 1.0) if self.x_nm < 1000 else ("µm", 1e-3)
        y, x = f"{self.y_nm * factor:.3g}", f"{self.x_nm * factor:.3g}"
        return f"{x} {unit}/px" if x == y else f"{y} × {x} {unit}/px"


@dataclass(frozen=True, eq=False)
class Micrograph:
    """One or more slices of equal size.

    pixels: (slices, h, w, channels), any real dtype, numpy or dask; only crops of it are brought into memory.
    is_stack: whether the source had a slice axis, so that its mask gets one too.
    """

    name: str
    pixels: Any
    pixel_size: PixelSize | None = None
    is_stack: bool = False
    source: Path | None = None
    acquisition: Acquisition | None = None

    @classmethod
    def from_array(
        cls, array: Any, name: str = "micrograph", pixel_size: PixelSize | None = None, rgb: bool | None = None
    ) -> Micrograph:
        """Micrograph from a numpy or dask array of shape (h, w), (h, w, 3 or 4) or (slices, h, w[, 3 or 4]).

        ``rgb`` says whether the last axis is colour; if None, a last axis of 3 or 4 is. Alpha is dropped and colour
        that is grey everywhere becomes one channel. Raises MicrographError for other shapes and for empty arrays.
        """
        if array.ndim not in (2, 3, 4) or 0 in array.shape or array.dtype.kind not in "buif":
            raise MicrographError(
                f"{name} has shape {tuple(array.shape)} and type {array.dtype}. A micrograph is a picture of real "
                "numbers, or a stack of pictures; choose one channel or time point first."
            )
        if not isinstance(array, np.ndarray) and not hasattr(array, "dask"):
            import dask.array

            array = dask.array.from_array(array)  # type: ignore[no-untyped-call]
        colour = array.ndim > 2 and array.shape[-1] in (3, 4) if rgb is None else rgb
        if array.ndim - colour not in (2, 3):
            raise MicrographError(
                f"{name} has shape {tuple(array.shape)}: too many axes. Choose one channel or time point first."
            )
        is_stack = array.ndim - colour == 3
        pixels = array if colour else array[..., None]
        pixels = pixels if is_stack else pixels[None]
        return cls(name, _without_redundant_channels(pixels), pixel_size, is_stack)

    @property
    def slice_count(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[2])

    @property
    def channels(self) -> int:
        return int(self.pixels.shape[3])

    @property
    def mask_shape(self) -> tuple[int, ...]:
        return (self.slice_count, *self.size) if self.is_stack else self.size

    def crop(self, slice_index: int, rows: slice, columns: slice) -> npt.NDArray[np.float32]:
        """Pixels (h, w, channels) of a region as float32, NaN and infinite values left in."""
        return np.asarray(self.pixels[slice_index, rows, columns], dtype=np.float32)


def _without_redundant_channels(pixels: Any) -> Any:
    if pixels.shape[-1] == 1:
        return pixels
    colour = pixels[..., :3]
    is_grey = all(_is_grey(np.asarray(one)) for one in (colour if isinstance(colour, np.ndarray) else colour[:1]))
    return colour[..., :1] if is_grey else colour


def _is_grey(picture: npt.NDArray[np.generic]) -> bool:
    may_be_nan = picture.dtype.kind == "f"
    return all(np.array_equal(picture[..., 0], picture[..., i], equal_nan=may_be_nan) for i in (1, 2))
