"""Kinds of cells: clusters of those that look alike in all slices, so that one label may stand for many cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from napari_csunet.inference.suggesting.familiarity import SMALLEST_SPREAD
from napari_csunet.inference.suggesting.slice_cells import SliceCells
from napari_csunet.inference.suggesting.slice_regions import SliceRegions

KINDS = 64
SAMPLE = 20_000
"""Cells of all slices together that the clusters are found from."""
ROUNDS = 20

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class KindsOfSlice:
    """kinds: (h, w), that of each cell. shares: (regions, ``KINDS``), part of each region that is of each kind."""

    kinds: npt.NDArray[np.intp]
    shares: Floats

    def sums(self, cells: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Sum (``KINDS``,) of a map (h, w) over the cells of each kind."""
        found: npt.NDArray[np.float64] = np.bincount(self.kinds.ravel(), cells.ravel(), KINDS).astype(np.float64)
        return found


def kinds_of(slices: Sequence[SliceRegions]) -> list[KindsOfSlice]:
    """By k-means on standardised features, the same for the same slices."""
    each = max(1, SAMPLE // len(slices))
    sample = np.concatenate([_some(one.cells, each) for one in slices])
    mean, spread = sample.mean(axis=0), sample.std(axis=0) + SMALLEST_SPREAD
    clusters = KMeans(min(KINDS, len(sample)), n_init=1, max_iter=ROUNDS, random_state=0).fit((sample - mean) / spread)
    return [_sorted(one, clusters.predict((one.cells.points - mean) / spread)) for one in slices]


def _some(cells: SliceCells, count: int) -> Floats:
    """Evenly spaced ones."""
    points = cells.points
    return points[:: max(1, len(points) // count)]


def _sorted(regions: SliceRegions, found: npt.NDArray[np.integer]) -> KindsOfSlice:
    kinds = found.reshape(regions.cells.features.shape[1:]).astype(np.intp)
    shares = [regions.means(kinds == one) for one in range(KINDS)]
    return KindsOfSlice(kinds, np.stack(shares, axis=1))
