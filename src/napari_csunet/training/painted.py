"""What is painted on one slice: class indices and normalised brightness, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import IntensityRange, Normalisation
from napari_csunet.training.finding import Place

LARGEST = 64 * 10**6
"""Pixels of a slice up to which it is looked at: more would keep a processor busy after each stroke."""
MOST = 200_000
"""Labelled pixels of a slice that are enough to compare brightness."""


@dataclass(frozen=True, eq=False)
class Painted:
    """A micrograph and its labels; ``read`` is called only when the pixels are new. ``pixels`` tells whether they are.

    labels: (h, w) or (slices, h, w), in memory or not.
    """

    name: str
    pixels: Any
    read: Callable[[], Micrograph]
    labels: Any


class Looked:
    """A micrograph that was read, and what of it does not depend on labels; each thing is looked up once."""

    def __init__(self, painted: Painted) -> None:
        self.pixels = painted.pixels
        self.micrograph = painted.read()
        self.databar = databar_rows(self.micrograph)
        self._intensities: dict[int, IntensityRange] = {}

    def intensities(self, slice_index: int) -> IntensityRange:
        if slice_index not in self._intensities:
            self._intensities[slice_index] = Normalisation().fit(self.micrograph, slice_index)
        return self._intensities[slice_index]

    def painted_slices(self, labels: npt.NDArray[np.integer], classes: ClassTable) -> Iterator[PaintedSlice]:
        """Those slices on which something of these classes is painted, unless they are too large."""
        height, width = self.micrograph.size
        for index in range(self.micrograph.slice_count if height * width <= LARGEST else 0):
            indices = classes.to_indices(labels[index] if labels.ndim == 3 else labels)
            if (indices != UNLABELLED).any():
                yield PaintedSlice(self, index, indices)


class PaintedSlice:
    """``rows``, ``columns`` (n,) of labelled pixels, their ``classes`` (n,) and ``brightness`` (n,).

    Of more than ``MOST`` pixels every second, third, … is taken. Brightness is normalised as for the network, averaged
    over channels, and NaN where the picture holds no number.
    """

    def __init__(self, looked: Looked, slice_index: int, indices: npt.NDArray[np.int16]) -> None:
        micrograph, intensities = looked.micrograph, looked.intensities(slice_index)
        self.name, self.slice_index, self.size = micrograph.name, slice_index, micrograph.size
        self.databar = looked.databar
        self.dtype, self.contrast = str(micrograph.pixels.dtype), float(intensities.spread.mean())
        labelled = np.flatnonzero(indices != UNLABELLED)
        self.share = len(labelled) / indices.size  # how much of the slice is labelled
        self.rows, self.columns = np.divmod(labelled[:: len(labelled) // MOST + 1], indices.shape[1])
        self.classes = indices[self.rows, self.columns]
        picture = micrograph.crop(slice_index, slice(None), slice(None))
        pixels = picture[self.rows, self.columns]
        known = np.isfinite(pixels).all(axis=1)
        self.brightness = np.where(known, intensities.apply(pixels).mean(axis=1), np.nan)

    def place(self, chosen: npt.NDArray[np.bool_]) -> Place:
        """Around some of the labelled pixels (n,)."""
        rows, columns = self.rows[chosen], self.columns[chosen]
        ends = int(rows.max()) + 1, int(columns.max()) + 1
        return Place(self.slice_index, int(rows.min()), int(columns.min()), *ends)
