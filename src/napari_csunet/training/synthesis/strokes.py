"""Sparse labels as a person paints them: a few strokes in large regions, dabs in small ones."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

Mask = npt.NDArray[np.uint8]
Points = list[tuple[float, float]]


def paint_strokes(mask: Mask, share: float, random: np.random.Generator) -> Mask:
    """Label layer (h, w) that holds the mask's value under each stroke and 0 elsewhere.

    Strokes stay inside their region, and cover about ``share`` of the picture, the same for each class; a class whose
    regions are too small for that gets what fits.
    """
    labels = np.zeros_like(mask)
    values = np.unique(mask)
    for value in values:
        room = distance_transform_edt(mask == value)
        _paint_class(labels, int(value), room, share * mask.size / len(values), random)
    return labels


def _paint_class(
    labels: Mask, value: int, room: npt.NDArray[np.float64], pixels: float, random: np.random.Generator
) -> None:
    for _ in range(200):
        if np.count_nonzero(labels == value) >= pixels:
            return
        radius = min(random.uniform(1.5, 3.5), float(room.max()) / 2)
        for point in _stroke(room, radius, random):
            _dab(labels, value, point, room, radius)


def _stroke(room: npt.NDArray[np.float64], radius: float, random: np.random.Generator) -> Points:
    """A smooth curve that begins anywhere and keeps ``radius`` + 1 pixels from the rim of its region."""
    inside = np.argwhere(room > radius + 1)
    if not len(inside):
        inside = np.argwhere(room >= min(radius, float(room.max())))
    y, x = (float(c) for c in inside[random.integers(len(inside))])
    heading, bend = random.uniform(0, 2 * math.pi), 0.0
    points = [(y, x)]
    for _ in range(int(random.uniform(35, 110))):
        bend = 0.85 * bend + random.normal(0, 0.03)
        step = _next_step(room, radius, points[-1], heading + bend)
        if step is None:
            break
        heading = step
        points.append((points[-1][0] + math.sin(heading), points[-1][1] + math.cos(heading)))
    return points


def _next_step(
    room: npt.NDArray[np.float64], radius: float, point: tuple[float, float], heading: float
) -> float | None:
    """The heading closest to the wanted one that stays in the region, or None at a dead end."""
    for turn in (0.0, 0.15, -0.15, 0.35, -0.35, 0.6, -0.6):
        row, column = (round(c + 3 * f(heading + turn)) for c, f in zip(point, (math.sin, math.cos), strict=True))
        if 0 <= row < room.shape[0] and 0 <= column < room.shape[1] and room[row, column] > radius + 1:
            return heading + turn
    return None


def _dab(labels: Mask, value: int, point: tuple[float, float], room: npt.NDArray[np.float64], radius: float) -> None:
    low = [max(0, math.floor(c - radius)) for c in point]
    rows, columns = (slice(start, math.ceil(c + radius) + 1) for start, c in zip(low, point, strict=True))
    y, x = np.ogrid[rows, columns]
    patch = labels[rows, columns]
    y, x = y[: patch.shape[0]], x[:, : patch.shape[1]]
    disc = (y - point[0]) ** 2 + (x - point[1]) ** 2 <= radius**2
    patch[disc & (room[rows, columns] > 0)] = value
