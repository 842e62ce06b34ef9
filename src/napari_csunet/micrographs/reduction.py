"""The working scale: a micrograph, and its labels, seen at a fraction of their resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import UNLABELLED
from napari_csunet.micrographs.micrograph import Micrograph


@dataclass(frozen=True, eq=False)
class ReducedPixels:
    """Mean of each block of ``factor`` × ``factor`` pixels, computed when a region is read.

    pixels: (slices, h, w, channels). What is left of a last, incomplete block is not seen.
    """

    pixels: Any
    factor: int

    @property
    def shape(self) -> tuple[int, ...]:
        slices, height, width, channels = self.pixels.shape
        return (slices, max(1, height // self.factor), max(1, width // self.factor), channels)

    def __getitem__(self, region: tuple[int, slice, slice]) -> npt.NDArray[np.float32]:
        """Means (h, w, channels) of a region of one slice, given in reduced pixels; steps are allowed."""
        index, *spans = region
        ends = [span.indices(length) for span, length in zip(spans, self.shape[1:3], strict=True)]
        rows, columns = (slice(start * self.factor, max(start, stop) * self.factor) for start, stop, _ in ends)
        block = np.asarray(self.pixels[index, rows, columns], dtype=np.float32)
        size = [max(0, stop - start) for start, stop, _ in ends]
        blocks = block.reshape(size[0], self.factor, size[1], self.factor, -1)
        mean: npt.NDArray[np.float32] = blocks[:: ends[0][2], :, :: ends[1][2]].mean(axis=(1, 3), dtype=np.float32)
        return mean


def reduced(micrograph: Micrograph, factor: int) -> Micrograph:
    """The micrograph at 1/``factor`` of its resolution, with pixels that much larger."""
    factor = min(factor, *micrograph.size)
    if factor == 1:
        return micrograph
    larger = None if micrograph.pixel_size is None else micrograph.pixel_size.times(factor)
    return replace(micrograph, pixels=ReducedPixels(micrograph.pixels, factor), pixel_size=larger)


def reduced_indices(indices: npt.NDArray[np.int16], factor: int, class_count: int) -> npt.NDArray[np.int16]:
    """Class indices (h, w) at 1/``factor``: the class that most labelled pixels of a block have, if any is labelled."""
    factor = min(factor, *indices.shape)
    if factor == 1:
        return indices
    blocks = _blocks(indices, factor)
    counts = np.stack([(blocks == i).sum(axis=(1, 3)) for i in range(class_count)])
    return np.where(counts.any(axis=0), counts.argmax(axis=0), UNLABELLED).astype(np.int16)


def reduced_flags(flags: npt.NDArray[np.bool_], factor: int) -> npt.NDArray[np.bool_]:
    """Flags (h, w) at 1/``factor``: set where any pixel of a block is."""
    return np.asarray(_blocks(flags, min(factor, *flags.shape)).any(axis=(1, 3)))


def _blocks(pixels: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    """(h, w) as (h // factor, factor, w // factor, factor)."""
    height, width = (length // factor for length in pixels.shape)
    return pixels[: height * factor, : width * factor].reshape(height, factor, width, factor)
