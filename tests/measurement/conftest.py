"""Shapes whose measures are known exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

Bools = npt.NDArray[np.bool_]


@pytest.fixture
def disc() -> Callable[..., Bools]:
    """Disc of a radius around a centre (y, x), all in units of length, on pixels of a size (y, x)."""

    def draw(
        shape: tuple[int, int], centre: tuple[float, float], radius: float, size: tuple[float, float] = (1, 1)
    ) -> Bools:
        y, x = np.mgrid[: shape[0], : shape[1]]
        inside: Bools = np.hypot(y * size[0] - centre[0], x * size[1] - centre[1]) < radius
        return inside

    return draw


@pytest.fixture
def boolean_model() -> Callable[..., tuple[Bools, float]]:
    """Overlapping discs at random places (n, n), and the exact probability that a pixel is covered."""

    def draw(n: int, radius: int, fraction: float, seed: int) -> tuple[Bools, float]:
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        pixels = np.count_nonzero(np.hypot(y, x) <= radius)
        chance = 1 - (1 - fraction) ** (1 / pixels)
        germs = np.random.default_rng(seed).random((n + 2 * radius, n + 2 * radius)) < chance
        covered = ndimage.distance_transform_edt(~germs) <= radius if germs.any() else germs
        return covered[radius:-radius, radius:-radius], fraction

    return draw


@pytest.fixture
def rolled() -> Callable[[npt.NDArray[np.generic]], list[npt.NDArray[np.generic]]]:
    """A periodic picture at evenly spaced places, so that the border cuts it everywhere alike."""

    def roll(picture: npt.NDArray[np.generic]) -> list[npt.NDArray[np.generic]]:
        places = (np.arange(24)[:, None] * [0.7548777, 0.5698403] + 0.5) % 1 * picture.shape  # Roberts' R2 sequence
        return [np.roll(picture, (int(y), int(x)), (0, 1)) for y, x in places]

    return roll
