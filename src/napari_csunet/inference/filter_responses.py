"""Cheap full-resolution features of a picture: brightness, slope and curvature at several scales."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

FINE_SIGMAS = (0.5, 1.0, 2.0)
"""Gaussian widths in pixels, at full resolution."""
COARSE_LEVELS = 3
"""So many times the picture is halved; there the width is the largest of the fine ones, that is 4, 8 and 16 pixels."""
_REACH = 4


def filter_responses(picture: Tensor) -> list[Tensor]:
    """Maps (c, h, w) at full resolution, then (4, h / 2, w / 2) and so on, of a picture (h, w) with sides of 8 n.

    At each scale brightness, slope, and both eigenvalues of the Hessian, as in skimage's multiscale_basic_features.
    """
    level = picture[None, None]
    maps = [torch.cat([_responses(level, sigma) for sigma in FINE_SIGMAS])]
    for _ in range(COARSE_LEVELS):
        level = functional.avg_pool2d(level, 2)
        maps.append(_responses(level, FINE_SIGMAS[-1]))
    return maps


def _responses(level: Tensor, sigma: float) -> Tensor:
    """(4, h, w); slopes times the width and curvatures times its square, so that all are of one order."""
    smooth = _blurred(level, sigma)
    padded = functional.pad(smooth, (1, 1, 1, 1), mode="replicate")[0, 0]
    centre, up, down = padded[1:-1, 1:-1], padded[:-2, 1:-1], padded[2:, 1:-1]
    left, right = padded[1:-1, :-2], padded[1:-1, 2:]
    slope = torch.hypot(down - up, right - left) * (sigma / 2)
    yy, xx = down - 2 * centre + up, right - 2 * centre + left
    xy = (padded[2:, 2:] - padded[2:, :-2] - padded[:-2, 2:] + padded[:-2, :-2]) / 4
    middle, spread = (yy + xx) / 2, torch.hypot((yy - xx) / 2, xy)
    return torch.stack([centre, slope, (middle + spread) * sigma**2, (middle - spread) * sigma**2])


def _blurred(level: Tensor, sigma: float) -> Tensor:
    """(1, 1, h, w), the border continued outward."""
    radius = max(1, round(_REACH * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=level.device) / sigma) ** 2)
    weights = weights / weights.sum()
    padded = functional.pad(level, (radius,) * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(padded, weights.view(1, 1, -1, 1)), weights.view(1, 1, 1, -1))
