"""Places where two classes are painted side by side on pixels that look alike: one of them is often a slip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from napari_csunet.training.annotated import SPARSE
from napari_csunet.training.finding import Place
from napari_csunet.training.painted import PaintedSlice

SIDE = 48
BLOCKS_PER_SIDE = 20
FEWEST = 40
"""Pixels of each class in a block; from fewer, means differ by chance."""
NEAR = 0.3
"""Difference of mean brightness, in standard deviations within a class, below which two classes look alike.

Correct strokes within real masks gave 0 such blocks of 224; half of the dabs of a wrong class gave one.
"""
SAME_TEXTURE = 1.5
"""Ratio of standard deviations up to which textures look alike."""
NOISE_FLOOR = 0.02

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LookAlike:
    """Indices of two classes, where they look alike, and how much (0: the same)."""

    classes: tuple[int, int]
    place: Place
    distance: float


def look_alikes(painted: PaintedSlice, class_count: int) -> list[LookAlike]:
    """The most alike place of each pair of classes; none in full masks, whose edges are never exact."""
    if painted.share > SPARSE:
        return []
    side = max(SIDE, min(painted.size) // BLOCKS_PER_SIDE)
    nearest: dict[tuple[int, int], LookAlike] = {}
    for offset in ((0, 0), (0, side // 2), (side // 2, 0), (side // 2, side // 2)):
        for found in _in_blocks(painted, class_count, side, offset):
            if found.classes not in nearest or found.distance < nearest[found.classes].distance:
                nearest[found.classes] = found
    return list(nearest.values())


def _in_blocks(painted: PaintedSlice, class_count: int, side: int, offset: tuple[int, int]) -> Iterator[LookAlike]:
    across = (painted.size[1] + offset[1]) // side + 1
    blocks = (painted.rows + offset[0]) // side * across + (painted.columns + offset[1]) // side
    statistics = [_statistics(painted, blocks, index) for index in range(class_count)]
    for pair in combinations(range(class_count), 2):
        distance = _distance(*(statistics[index] for index in pair))
        block = int(np.argmin(distance))
        if distance[block] < NEAR:
            chosen = (blocks == block) & np.isin(painted.classes, pair)
            yield LookAlike(pair, painted.place(chosen), float(distance[block]))


def _statistics(painted: PaintedSlice, blocks: npt.NDArray[np.intp], index: int) -> tuple[Numbers, Numbers, Numbers]:
    """Pixels of a class, their mean brightness and its standard deviation, block by block."""
    own = (painted.classes == index) & np.isfinite(painted.brightness)
    values, places, length = painted.brightness[own].astype(np.float64), blocks[own], int(blocks.max()) + 1
    count, total, squares = (np.bincount(places, weight, length) for weight in (None, values, values**2))
    mean = total / np.maximum(count, 1)
    variance = np.maximum(squares / np.maximum(count, 1) - mean**2, 0)
    return count.astype(np.float64), mean, np.sqrt(variance) + NOISE_FLOOR


def _distance(one: tuple[Numbers, Numbers, Numbers], other: tuple[Numbers, Numbers, Numbers]) -> Numbers:
    """Between two classes in each block, infinite where they cannot be compared or differ in texture."""
    deviations = np.stack([one[2], other[2]])
    comparable = (np.minimum(one[0], other[0]) >= FEWEST) & (np.ptp(np.log(deviations), axis=0) < np.log(SAME_TEXTURE))
    return np.where(comparable, np.abs(one[1] - other[1]) / np.sqrt((deviations**2).mean(axis=0)), np.inf)
