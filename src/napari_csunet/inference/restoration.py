"""Bringing probability from the working scale back to full resolution, with edges where the micrograph has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.inference.blending import Band, Crop, Probability

RADIUS = 2
"""Reach of the filter, in pixels of the working scale."""
SMOOTHNESS = 0.05
"""Variance of the normalised micrograph below which it is taken for flat."""
ROWS_AT_ONCE = 256

Size = tuple[int, int]


@dataclass(frozen=True)
class Grid:
    """Pixels of the working scale: how many down and across, and how many of full resolution they cover."""

    size: Size
    extent: tuple[float, float]


def restored(
    events: Iterator[Band | str], grid: Grid, coarse_crop: Crop, crop: Crop, size: Size
) -> Iterator[Band | str]:
    """Bands at full ``size`` from those of a slice on a coarser grid; messages pass through.

    Both crops give normalised pixels of the slice, on the grid and at full resolution.
    """
    probability: Probability | None = None
    for event in events:
        if isinstance(event, str):
            yield event
            continue
        if probability is None:
            probability = np.zeros((len(event.probability), *grid.size), np.float32)
        probability[:, event.start : event.start + event.probability.shape[1]] = event.probability
        none_yet = np.zeros((len(probability), 0, size[1]), np.float32)
        yield Band(0, none_yet, event.finished_pixels)
    if probability is not None:
        yield from _refined_bands(probability, grid, coarse_crop, crop, size)


def _refined_bands(probability: Probability, grid: Grid, coarse_crop: Crop, crop: Crop, size: Size) -> Iterator[Band]:
    everything = slice(None)
    parts = linear_parts(torch.from_numpy(probability), _grey(coarse_crop(everything, everything)))
    for start in range(0, size[0], ROWS_AT_ONCE):
        rows = slice(start, min(size[0], start + ROWS_AT_ONCE))
        fine = refined(parts, _grey(crop(rows, everything)), start, grid.extent)
        yield Band(start, fine.numpy(), 0)


def linear_parts(probability: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
    """Slope and offset, each (classes, h, w), of the probability as a linear function of the picture (1, h, w).

    The fit holds in a small neighbourhood of each pixel (fast guided filter, He and Sun 2015, arXiv 1505.00996).
    """
    mean_i, mean_p = _box(picture), _box(probability)
    variance = _box(picture * picture) - mean_i**2
    slope = (_box(picture * probability) - mean_i * mean_p) / (variance + SMOOTHNESS)
    return _box(slope), _box(mean_p - slope * mean_i)


def refined(parts: tuple[Tensor, Tensor], picture: Tensor, first_row: int, extent: tuple[float, float]) -> Tensor:
    """Probability (classes, rows, w) at full resolution, where the picture is (1, rows, w), from ``first_row`` on."""
    positions = _positions(first_row, picture.shape[1:], extent)
    slope, offset = (_sampled(part, positions) for part in parts)
    fine = (slope * picture + offset).clamp(0, 1)
    return fine / fine.sum(dim=0, keepdim=True).clamp_min(1e-6)


def _grey(pixels: Probability) -> Tensor:
    """(h, w, channels) to (1, h, w)."""
    return torch.from_numpy(pixels.mean(axis=-1))[None]


def _box(values: Tensor) -> Tensor:
    padded = functional.pad(values[None], (RADIUS,) * 4, mode="replicate")
    return functional.avg_pool2d(padded, 2 * RADIUS + 1, stride=1)[0]


def _positions(first_row: int, size: torch.Size, extent: tuple[float, float]) -> Tensor:
    """Where full-resolution pixels lie on the coarse grid: (1, rows, w, 2), from −1 to 1 as torch samples."""
    y = (torch.arange(first_row, first_row + size[0]) + 0.5) / extent[0] * 2 - 1
    x = (torch.arange(size[1]) + 0.5) / extent[1] * 2 - 1
    down, along = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([along, down], dim=-1)[None]


def _sampled(values: Tensor, positions: Tensor) -> Tensor:
    return functional.grid_sample(values[None], positions, padding_mode="border", align_corners=False)[0]
