"""Square regions of a slice that a person could be sent to, and what each of them looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.inference.suggesting.slice_cells import SliceCells
from napari_csunet.training.finding import Place

SHARE_OF_SIDE = 8
"""Regions are 1/8 as high as the slice, or as wide if that is less: 64 pixels of 512, 128 of 1024."""
SMALLEST, LARGEST = 4, 32
"""Cells along a side of a region."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SliceRegions:
    """Regions of one slice, each half over its neighbours.

    corners: (n, 2), first row and column in cells. looks: (n, 2 × channels), mean and spread of the features in each.
    """

    cells: SliceCells
    height: int
    width: int
    corners: npt.NDArray[np.intp]
    looks: Floats

    def means(self, maps: npt.NDArray[Any]) -> Floats:
        """Mean of maps (…, h, w) over each region: (…, n)."""
        return _means(maps, self.height, self.width, self.corners)

    def place(self, number: int, slice_index: int) -> Place:
        """In pixels of the micrograph, inside it."""
        size, (height, width) = self.cells.pixels, self.cells.size
        top, left = (int(corner) * size for corner in self.corners[number])
        bottom, right = top + self.height * size, left + self.width * size
        return Place(slice_index, top, left, min(bottom, height), min(right, width))


def regions_of(cells: SliceCells) -> SliceRegions:
    """Of a whole slice."""
    size = cells.features.shape[1:]
    side = min(max(min(size) // SHARE_OF_SIDE, SMALLEST), LARGEST)
    height, width = (min(side, length) for length in size)
    starts = [_starts(length, span) for length, span in zip(size, (height, width), strict=True)]
    corners = np.stack(np.meshgrid(*starts, indexing="ij"), axis=-1).reshape(-1, 2)
    seen = cells.features.float().numpy()
    mean = _means(seen, height, width, corners)
    spread = np.sqrt(np.maximum(_means(seen**2, height, width, corners) - mean**2, 0))
    return SliceRegions(cells, height, width, corners, np.concatenate([mean, spread]).T)


def _starts(length: int, span: int) -> npt.NDArray[np.intp]:
    """Every half region, and the last one that fits."""
    last = length - span
    return np.unique(np.append(np.arange(0, last + 1, max(1, span // 2)), last))


def _means(maps: npt.NDArray[Any], height: int, width: int, corners: npt.NDArray[np.intp]) -> Floats:
    """By sums over all rectangles that begin in the corner (Crow 1984)."""
    sums = np.zeros((*maps.shape[:-2], maps.shape[-2] + 1, maps.shape[-1] + 1))
    sums[..., 1:, 1:] = maps.astype(np.float64).cumsum(axis=-2).cumsum(axis=-1)
    top, left = corners.T
    bottom, right = top + height, left + width
    inside = sums[..., bottom, right] - sums[..., top, right] - sums[..., bottom, left] + sums[..., top, left]
    return (inside / (height * width)).astype(np.float32)
