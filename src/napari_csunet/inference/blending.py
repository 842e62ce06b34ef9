"""Tiles blended without seams into bands of finished rows, so that scratch memory does not grow with the height."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.config import PredictionConfig
from napari_csunet.inference.tiling import tiles

Probability = npt.NDArray[np.float32]
Crop = Callable[[slice, slice], npt.NDArray[np.float32]]
"""Gives normalised pixels (h, w, channels) of a region of one slice."""


@dataclass(frozen=True, eq=False)
class Band:
    """Finished rows of a slice from row ``start`` on, or none yet. probability: (classes, rows, w)."""

    start: int
    probability: Probability
    finished_pixels: int


def bands(
    crop: Crop,
    size: tuple[int, int],
    class_count: int,
    config: PredictionConfig,
    probability: Callable[[npt.NDArray[np.float32]], Probability],
) -> Iterator[Band]:
    """Blends the tiles of a slice and gives out rows as soon as no later tile touches them.

    ``probability`` maps normalised pixels (h, w, channels) to probability (classes, h, w).
    """
    columns = tiles(size[1], config)
    unfinished = np.zeros((class_count, 0, size[1]), np.float32)
    for row in tiles(size[0], config):
        buffer = np.zeros((class_count, row.stop - row.start, size[1]), np.float32)
        buffer[:, : unfinished.shape[1]] = unfinished
        final = row.stop - row.start - row.after
        part = final * size[1] // len(columns)
        for column in columns:
            if column.start:
                yield Band(row.start, buffer[:, :0], part)
            tile = probability(crop(slice(row.start, row.stop), slice(column.start, column.stop)))
            buffer[:, :, column.start : column.stop] += tile * row.weights()[:, None] * column.weights()
        yield Band(row.start, buffer[:, :final], final * size[1] - part * (len(columns) - 1))
        unfinished = buffer[:, final:]
