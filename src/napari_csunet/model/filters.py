"""Fixed filter responses at full resolution, and the small head that lets them decide where edges lie."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

SIGMAS = (1.0, 2.0, 4.0, 8.0)
"""Gaussian scales, in pixels."""
REACH = 3.0
"""Half length of a Gaussian, in sigmas."""
WIDTH = 32


class FilterBank(nn.Module):
    """``out_channels`` responses of an image (b, c, h, w).

    The channels, then of their mean at each scale the Gaussian, the length of its gradient and both eigenvalues of its
    Hessian, normalised by scale (Lindeberg 1998). These are what makes a random forest strong within a second
    (Arganda-Carreras et al. 2017, Trainable Weka Segmentation); nothing in here is learned.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.out_channels = in_channels + 4 * len(SIGMAS)

    def forward(self, image: Tensor) -> Tensor:
        grey = image.mean(dim=1, keepdim=True)
        return torch.cat([image, *(response for sigma in SIGMAS for response in _responses(grey, sigma))], dim=1)


def _responses(grey: Tensor, sigma: float) -> list[Tensor]:
    smooth = _smoothed(grey, sigma)
    y, x = _derivative(smooth, 2) * sigma, _derivative(smooth, 3) * sigma
    yy, xx, xy = _derivative(y, 2) * sigma, _derivative(x, 3) * sigma, _derivative(y, 3) * sigma
    middle, spread = (yy + xx) / 2, ((yy - xx).square() / 4 + xy.square() + 1e-8).sqrt()
    return [smooth, (y.square() + x.square() + 1e-8).sqrt(), middle + spread, middle - spread]


def _smoothed(grey: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (b, 1, h, w), rows and columns one after the other, edges repeated."""
    reach = math.ceil(REACH * sigma)
    places = torch.arange(-reach, reach + 1, device=grey.device, dtype=grey.dtype)
    kernel = torch.exp(places.square() / (-2 * sigma**2))
    kernel = (kernel / kernel.sum()).view(1, 1, -1, 1)
    down = functional.conv2d(functional.pad(grey, (0, 0, reach, reach), mode="replicate"), kernel)
    across = functional.pad(down, (reach, reach, 0, 0), mode="replicate")
    return functional.conv2d(across, kernel.transpose(2, 3))


def _derivative(grey: Tensor, axis: int) -> Tensor:
    """Central difference along an axis, edges repeated."""
    length = grey.shape[axis]
    last = grey.narrow(axis, length - 1, 1)
    padded = torch.cat([grey.narrow(axis, 0, 1), grey, last], dim=axis)
    return (padded.narrow(axis, 2, length) - padded.narrow(axis, 0, length)) / 2


class DetailHead(nn.Module):
    """What filter responses and the decoder's map say together about each pixel; added to the logits.

    ``dropped`` is the share of the training patches that go without it, so that the network learns what filters cannot
    see.
    """

    dropped = 0.0

    def __init__(self, in_channels: int, decoder_channels: int, class_count: int) -> None:
        super().__init__()
        self.filters = FilterBank(in_channels)
        self.mix = nn.Conv2d(self.filters.out_channels + decoder_channels, WIDTH, kernel_size=1)
        self.out = nn.Conv2d(WIDTH, class_count, kernel_size=1)

    def forward(self, image: Tensor, decoded: Tensor) -> Tensor:
        """Image (b, c, h, w), decoded (b, decoder_channels, h, w); logits (b, classes, h, w), 0 where it is dropped."""
        with torch.no_grad(), torch.autocast(image.device.type, enabled=False):
            responses = self.filters(image.float())
        mixed = functional.gelu(self.mix(torch.cat([responses.to(decoded.dtype), decoded], dim=1)))
        logits = cast(Tensor, self.out(mixed))
        if not (self.training and self.dropped):
            return logits
        return logits * (torch.rand(len(logits), 1, 1, 1, device=logits.device) >= self.dropped)
