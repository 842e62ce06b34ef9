"""Test lines through the centres of pixels, along which a mask is read without error.

A picture knows the microstructure only at the centres of its pixels. Lines in the directions of the pixel lattice meet
these centres; a line at any other angle would count the steps of slanted boundaries, up to 4/π too many. All lines of
a few directions, each weighted with the range of angles it stands for, replace random ones.

Sources: Crofton's formula on pictures: Legland, Kiêu and Devaux, Image Analysis & Stereology 26 (2007) 83 (also for
pixels that are not square); test lines: Underwood, Quantitative Stereology (1970).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.measurement.scale import Scale

Image = npt.NDArray[np.generic]

PRINCIPAL_STEPS = ((0, 1), (-1, 1), (1, 0), (1, 1))
ALL_STEPS = (*PRINCIPAL_STEPS, (-1, 2), (-2, 1), (2, 1), (1, 2))


@dataclass(frozen=True)
class Direction:
    """Test lines that go from pixel (0, 0) to pixel (rows, columns).

    length: of that step. degrees: anticlockwise from the rows, 0 to 180. share: of all angles, 1 over all directions.
    """

    rows: int
    columns: int
    length: float
    degrees: float
    share: float


def directions(scale: Scale, steps: tuple[tuple[int, int], ...] = ALL_STEPS) -> list[Direction]:
    """Directions in the order of their angles; each stands for the angles that are nearer to it than to any other."""
    angles = np.array([np.degrees(np.arctan2(-r * scale.y, c * scale.x)) % 180 for r, c in steps])
    order = np.argsort(angles)
    around = np.concatenate([[angles[order[-1]] - 180], angles[order], [angles[order[0]] + 180]])
    shares = (around[2:] - around[:-2]) / 360
    return [
        Direction(r, c, float(np.hypot(r * scale.y, c * scale.x)), float(angles[i]), float(share))
        for i, share in zip(order, shares, strict=True)
        for r, c in [steps[i]]
    ]


def neighbours(image: Image, direction: Direction) -> tuple[Image, Image]:
    """Two views of an image (h, w): every pixel that has a neighbour in that direction, and the neighbour."""
    r, c = direction.rows, direction.columns
    h, w = image.shape
    first = image[max(0, -r) : h - max(0, r), : w - c]
    second = image[max(0, r) : h - max(0, -r), c:]
    return first, second


def on_grid(values: Image, direction: Direction, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Values of neighbouring pairs put at the first pixel of each pair, 0 elsewhere, (h, w)."""
    grid = np.zeros(shape, np.float32)
    first, _ = neighbours(grid, direction)
    first[...] = values
    return grid
