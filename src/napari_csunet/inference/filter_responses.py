"""Filter responses of a picture at many scales at the cost of few: coarse ones are taken from the picture halved."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.model.filters import responses

FINE_SIGMAS = (0.5, 1.0, 2.0)
"""Gaussian widths in pixels, at full resolution."""
COARSE_LEVELS = 3
"""So many times the picture is halved; there the width is the largest of the fine ones, that is 4, 8 and 16 pixels."""


def filter_responses(picture: Tensor) -> list[Tensor]:
    """Maps (c, h, w) at full resolution, then (4, h / 2, w / 2) and so on, of a picture (h, w) with sides of 8 n."""
    level = picture[None, None]
    maps = [torch.cat([responses(level, sigma)[0] for sigma in FINE_SIGMAS])]
    for _ in range(COARSE_LEVELS):
        level = functional.avg_pool2d(level, 2)
        maps.append(responses(level, FINE_SIGMAS[-1])[0])
    return maps
