"""Cutting a length into overlapping tiles whose blending weights add up to one everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from napari_csunet.config import PredictionConfig


@dataclass(frozen=True)
class Tile:
    """One tile along one axis: pixels ``start`` to ``stop``, and how many it shares with its neighbours."""

    start: int
    stop: int
    before: int
    after: int

    def weights(self) -> npt.NDArray[np.float32]:
        """Weight of each pixel: 1 inside, falling smoothly to 0 over what is shared; neighbours add up to 1."""
        weights = np.ones(self.stop - self.start, np.float32)
        if self.before:
            weights[: self.before] = _ramp(self.before)
        if self.after:
            weights[-self.after :] *= _ramp(self.after)[::-1]
        return weights


def tiles(length: int, config: PredictionConfig, stride: int = 32) -> tuple[Tile, ...]:
    """Tiles along one axis, as few as the largest tile allows and about equally long, from multiples of ``stride``."""
    if length <= config.tile:
        return (Tile(0, length, 0, 0),)
    overlap = config.overlap
    fewest = ceil((length - overlap) / (config.tile - overlap))
    side = max(2 * overlap, ceil((length + (fewest - 1) * overlap) / fewest / stride) * stride)
    count = ceil((length - overlap) / (side - overlap))
    starts = [i * (side - overlap) for i in range(count)]
    return tuple(
        Tile(start, min(start + side, length), overlap if start else 0, overlap if start != starts[-1] else 0)
        for start in starts
    )


def _ramp(length: int) -> npt.NDArray[np.float32]:
    """Rising half of a raised cosine; it and its mirror image add up to 1."""
    position = (np.arange(length, dtype=np.float32) + 0.5) / length
    return (0.5 - 0.5 * np.cos(np.pi * position)).astype(np.float32)
