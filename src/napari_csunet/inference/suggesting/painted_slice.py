"""A slice that was looked at, together with what is painted on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import UNLABELLED
from napari_csunet.inference.suggesting.slice_memory import SeenSlice

Indices = npt.NDArray[np.int16]
MOST_SLICES = 8
"""Of a stack that are looked at, evenly spaced; more only if they are painted on."""
MOST_LEARNT = 32 * 10**6
"""Pixels of the slices of which every feature is kept, at 33 bytes each; what is painted on more is not learnt from."""


@dataclass(frozen=True)
class SlicePlace:
    """A slice of a micrograph, by their numbers. ``is_learnt``: what is painted on it is."""

    micrograph: int
    slice_index: int
    is_learnt: bool


@dataclass(frozen=True, eq=False)
class PaintedSlice:
    """indices: class indices (h, w) of what is painted, at full size."""

    place: SlicePlace
    seen: SeenSlice
    indices: Indices

    @property
    def looks(self) -> npt.NDArray[np.float32]:
        """Of its regions."""
        return self.seen.regions.looks

    @cached_property
    def painted(self) -> npt.NDArray[np.float32]:
        """Labelled share (n,) of each region."""
        return self.seen.regions.means(self.labelled)

    @cached_property
    def labelled(self) -> npt.NDArray[np.float64]:
        """Labelled share (h, w) of each cell."""
        return self._at_cells(self.indices != UNLABELLED)

    @cached_property
    def shut(self) -> npt.NDArray[np.float32]:
        """Share (n,) of each region that is the databar."""
        rows = np.zeros(self.indices.shape, np.bool_)
        if self.seen.databar is not None:
            rows[self.seen.databar] = True
        return self.seen.regions.means(self._at_cells(rows))

    def _at_cells(self, pixels: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        cells = self.seen.regions.cells
        wanted = [count * cells.pixels for count in cells.features.shape[1:]]
        missing = [(0, max(0, want - have)) for want, have in zip(wanted, pixels.shape, strict=True)]
        whole = np.pad(pixels, missing)[: wanted[0], : wanted[1]]
        blocks = whole.reshape(wanted[0] // cells.pixels, cells.pixels, -1, cells.pixels)
        shares: npt.NDArray[np.float64] = blocks.mean(axis=(1, 3))
        return shares


def places_of(indices: Sequence[Indices]) -> Iterator[SlicePlace]:
    """Slices to look at, those with labels first; indices: (h, w) or (slices, h, w) of each micrograph."""
    left, others = MOST_LEARNT, []
    for number, array in enumerate(indices):
        planes = array if array.ndim == 3 else array[None]
        spaced = set(np.linspace(0, len(planes) - 1, min(len(planes), MOST_SLICES)).astype(int).tolist())
        for index, plane in enumerate(planes):
            if (plane != UNLABELLED).any():
                left -= plane.size
                yield SlicePlace(number, index, left >= 0 or left + plane.size == MOST_LEARNT)
            elif index in spaced:
                others.append(SlicePlace(number, index, False))
    yield from others


def plane_of(indices: Indices, slice_index: int) -> Indices:
    """Class indices (h, w) of a slice."""
    plane: Indices = indices[slice_index] if indices.ndim == 3 else indices
    return plane
