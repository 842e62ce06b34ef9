"""Smaller versions of a large array in a Zarr group, made block by block of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

CHUNK = 1024
"""Side of a chunk, in pixels."""
SMALLEST_LEVEL = 512
"""A level whose longer side is no larger has no smaller one."""

Plane = npt.NDArray[Any]
Halve = Callable[[Plane], Plane]


def create_level(group: Any, level: int, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Any:
    """Array for one resolution, in chunks of one plane each, as NGFF 0.4 stores them."""
    chunks = (*(1 for _ in shape[:-2]), *(min(CHUNK, side) for side in shape[-2:]))
    encoding = {"name": "v2", "separator": "/"}
    return group.create_array(
        str(level), shape=shape, chunks=chunks, dtype=dtype, chunk_key_encoding=encoding, fill_value=0
    )


def add_levels(group: Any, halve: Halve) -> int:
    """Halves the array "0" until it is small; returns how many levels there are then."""
    level = 0
    while max(group[str(level)].shape[-2:]) > SMALLEST_LEVEL:
        larger = group[str(level)]
        h, w = (-(-side // 2) for side in larger.shape[-2:])
        smaller = create_level(group, level + 1, (*larger.shape[:-2], h, w), larger.dtype)
        for plane, start in row_blocks(smaller.shape):
            rows = slice(2 * start, 2 * (start + CHUNK))
            smaller[(*plane, slice(start, start + CHUNK))] = halve(_even(larger[(*plane, rows)]))
        level += 1
    return level + 1


def row_blocks(shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Index of each plane, and the first row of each block of CHUNK rows in it."""
    for plane in product(*(range(length) for length in shape[:-2])):
        for start in range(0, shape[-2], CHUNK):
            yield plane, start


def mean_of_four(pixels: Plane) -> Plane:
    """For pictures: (h, w), both even, to (h / 2, w / 2) of the same type."""
    mean = _fours(pixels).mean(axis=0, dtype=np.float64)
    rounded: Plane = (np.rint(mean) if pixels.dtype.kind in "ui" else mean).astype(pixels.dtype)
    return rounded


def most_common_of_four(values: Plane) -> Plane:
    """For masks: the value that most of the four have; of several such, the one that comes first by size."""
    a, b, c, d = np.sort(_fours(values), axis=0)
    common: Plane = np.where(b == c, b, np.where((a != b) & (c == d), c, a))
    return common


def _fours(plane: Plane) -> Plane:
    return np.stack([plane[y::2, x::2] for y, x in product((0, 1), repeat=2)])


def _even(plane: Plane) -> Plane:
    """With the last row and column repeated where their number is odd."""
    return np.pad(plane, [(0, side % 2) for side in plane.shape], mode="edge")
