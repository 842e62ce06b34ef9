"""A micrograph at another size: means where its pixels become larger, straight lines between them where smaller."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from napari_csunet.micrographs.micrograph import Micrograph, PixelSize

Floats = npt.NDArray[np.float32]
Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class ResampledPixels:
    """The whole of ``pixels`` (slices, h, w, channels) at another ``size`` (h, w), computed when a region is read."""

    pixels: Any
    size: Size

    @property
    def shape(self) -> tuple[int, ...]:
        slices, _, _, channels = self.pixels.shape
        return (slices, *self.size, channels)

    def __getitem__(self, region: tuple[int, slice, slice]) -> Floats:
        """Pixels (h, w, channels) of a region of one slice, given in pixels of the new size; steps are allowed."""
        index, *spans = region
        lengths = self.pixels.shape[1:3]
        taken = [
            Sampling.of(np.arange(new)[span], new, old)
            for span, new, old in zip(spans, self.size, lengths, strict=True)
        ]
        block = np.asarray(self.pixels[index, taken[0].span, taken[1].span], np.float32)
        return taken[1].apply(taken[0].apply(block, 0), 1)


@dataclass(frozen=True, eq=False)
class Sampling:
    """How places along an axis of another length are put together from the pixels in ``span``. weights: (n, span)."""

    span: slice
    weights: Any

    @classmethod
    def of(cls, places: npt.NDArray[np.integer], new: int, old: int) -> Sampling:
        """``places`` are indices along an axis of ``new`` pixels, which shows all ``old`` ones."""
        if not len(places):
            return cls(slice(0, 0), csr_array((0, 0), dtype=np.float32))
        rows, columns, weights = _means(places, old / new) if new < old else _lines(places, old / new, old)
        start, stop = int(columns.min()), int(columns.max()) + 1
        shape = (len(places), stop - start)
        return cls(slice(start, stop), csr_array((weights.astype(np.float32), (rows, columns - start)), shape=shape))

    def apply(self, block: Floats, axis: int) -> Floats:
        """The block with this axis resampled."""
        first = np.moveaxis(block, axis, 0)
        flat: Floats = self.weights @ np.ascontiguousarray(first).reshape(len(first), -1)
        return np.moveaxis(flat.reshape(-1, *first.shape[1:]), 0, axis)


Entries = tuple[npt.NDArray[np.integer], npt.NDArray[np.integer], npt.NDArray[np.float64]]
"""Rows, columns and weights of a sparse matrix."""


def _means(places: npt.NDArray[np.integer], step: float) -> Entries:
    """Each place is the mean of the ``step`` pixels that it covers, parts of pixels counted as parts."""
    reach = int(np.ceil(step)) + 1
    start, stop = places * step, (places + 1) * step
    columns = np.floor(start + 1e-9).astype(np.int64)[:, None] + np.arange(reach)
    weights = (np.minimum(columns + 1, stop[:, None]) - np.maximum(columns, start[:, None])) / step
    rows = np.broadcast_to(np.arange(len(places))[:, None], columns.shape)
    kept = weights > 1e-6
    return rows[kept], columns[kept], weights[kept]


def _lines(places: npt.NDArray[np.integer], step: float, old: int) -> Entries:
    """Each place lies between two pixels; beyond the outermost centres it is as they are."""
    centre = np.clip((places + 0.5) * step - 0.5, 0, old - 1)
    below = np.minimum(np.floor(centre).astype(np.int64), max(0, old - 2))
    share = centre - below
    columns = np.stack([below, np.minimum(below + 1, old - 1)], axis=1)
    weights = np.stack([1 - share, share], axis=1)
    rows = np.broadcast_to(np.arange(len(places))[:, None], columns.shape)
    kept = weights > 0
    return rows[kept], columns[kept], weights[kept]


def resampled(micrograph: Micrograph, size: Size) -> Micrograph:
    """The micrograph at another size (h, w), with pixels that much larger or smaller."""
    if size == micrograph.size:
        return micrograph
    larger = micrograph.pixel_size
    if larger is not None:
        y, x = (old / new for old, new in zip(micrograph.size, size, strict=True))
        larger = PixelSize(larger.y_nm * y, larger.x_nm * x)
    return replace(micrograph, pixels=ResampledPixels(micrograph.pixels, size), pixel_size=larger)
