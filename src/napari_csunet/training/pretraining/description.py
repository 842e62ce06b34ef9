"""What stands at each place of a micrograph, at several scales: the target of masked-image modelling.

As MaskFeat (Wei et al. 2022, arXiv 2112.09133) found, orientation histograms with local contrast normalisation are a
better target than pixels. Gaussian derivatives at three scales add blobs, edges and levels.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.model.filters import smoothed

SCALES = (1.0, 2.0, 4.0)
ORIENTATIONS = 8
CELL = 8
LEAST_CONTRAST = 0.05
CHANNELS = 4 * len(SCALES) + ORIENTATIONS


def description(images: Tensor) -> Tensor:
    """(b, CHANNELS, h, w) of images (b, 1, h, w): level, slopes and curvature by scale, then orientations."""
    parts = []
    for scale in SCALES:
        level = smoothed(images, scale)
        slopes = scale * _slopes(level)
        curvature = scale * scale * _curvature(level)
        energy = _around(slopes.square().sum(1, keepdim=True), round(4 * scale))
        contrast = energy.sqrt() + LEAST_CONTRAST
        parts += [level, slopes / contrast, (curvature / contrast).clamp(-4, 4)]
        if scale == SCALES[0]:
            histogram = _orientations(slopes / contrast)
    return torch.cat([*parts, histogram], dim=1)


def _slopes(level: Tensor) -> Tensor:
    """Central differences (b, 2, h, w) down the rows and along the columns."""
    padded = functional.pad(level, (1, 1, 1, 1), mode="replicate")
    down = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    along = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    return torch.cat([down, along], dim=1) / 2


def _curvature(level: Tensor) -> Tensor:
    padded = functional.pad(level, (1, 1, 1, 1), mode="replicate")
    around = padded[..., 2:, 1:-1] + padded[..., :-2, 1:-1] + padded[..., 1:-1, 2:] + padded[..., 1:-1, :-2]
    return around - 4 * level


def _orientations(slopes: Tensor) -> Tensor:
    """How much slope of each direction is near, (b, ORIENTATIONS, h, w), of length 1 where there is any."""
    angles = torch.arange(ORIENTATIONS, device=slopes.device) * (2 * math.pi / ORIENTATIONS)
    across = angles.sin()[:, None, None] * slopes[:, :1] + angles.cos()[:, None, None] * slopes[:, 1:]
    near = _around(across.clamp_min(0), CELL)
    length = near.square().sum(1, keepdim=True).sqrt().clamp_min(1e-3)
    return near / length * (math.sqrt(ORIENTATIONS) / 2)


def _around(values: Tensor, cell: int) -> Tensor:
    """Mean over about ``cell`` pixels around each place of (b, c, h, w), smooth between cells."""
    size = (values.shape[-2], values.shape[-1])
    return functional.interpolate(functional.avg_pool2d(values, cell), size, mode="bilinear")
