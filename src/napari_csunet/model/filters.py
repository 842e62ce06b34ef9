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
    """``out_channels`` maps of an image (b, c, h, w): its channels, then ``responses`` of their mean at each scale.

    These are what makes a random forest strong within a second (Arganda-Carreras et al. 2017, Trainable Weka
    Segmentation); nothing in here is learned.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.out_channels = in_channels + 4 * len(SIGMAS)

    def forward(self, image: Tensor) -> Tensor:
        grey = image.mean(dim=1, keepdim=True)
        return torch.cat([image, *(responses(grey, sigma) for sigma in SIGMAS)], dim=1)


def responses(grey: Tensor, sigma: float) -> Tensor:
    """(b, 4, h, w) of (b, 1, h, w): the Gaussian, the length of its gradient, both eigenvalues of its Hessian.

    Gradients times the width and curvatures times its square, so that scales compare (Lindeberg 1998).
    """
    padded = functional.pad(smoothed(grey, sigma), (1, 1, 1, 1), mode="replicate")
    centre, up, down = padded[..., 1:-1, 1:-1], padded[..., :-2, 1:-1], padded[..., 2:, 1:-1]
    left, right = padded[..., 1:-1, :-2], padded[..., 1:-1, 2:]
    slope = torch.hypot(down - up, right - left) * (sigma / 2)
    yy, xx = down - 2 * centre + up, right - 2 * centre + left
    xy = (padded[..., 2:, 2:] - padded[..., 2:, :-2] - padded[..., :-2, 2:] + padded[..., :-2, :-2]) / 4
    middle, spread = (yy + xx) / 2, torch.hypot((yy - xx) / 2, xy)
    return torch.cat([centre, slope, (middle + spread) * sigma**2, (middle - spread) * sigma**2], dim=1)


def smoothed(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of every channel of (b, c, h, w), rows and columns one after the other, borders repeated."""
    reach = math.ceil(REACH * sigma)
    places = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(places.square() / (-2 * sigma**2))
    kernel = (kernel / kernel.sum()).view(1, 1, -1, 1)
    padded = functional.pad(images.flatten(0, 1)[:, None], (reach,) * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(padded, kernel), kernel.transpose(2, 3)).view_as(images)


class DetailHead(nn.Module):
    """What filter responses and the decoder's map say together about each pixel; added to the logits.

    ``dropped`` is the share of the training patches that go without it, so that the network learns what filters cannot
    see.
    """

    dropped = 0.0

    def __init__(self, in_channels: int, decoder_channels: int, class_count: int, half_channels: int = 0) -> None:
        """``half_channels``: of a map at half resolution that joins them, 0 if there is none."""
        super().__init__()
        self.filters = FilterBank(in_channels)
        self.mix = nn.Conv2d(self.filters.out_channels + decoder_channels, WIDTH, kernel_size=1)
        self.mix_half = nn.Conv2d(half_channels, WIDTH, kernel_size=1, bias=False) if half_channels else None
        self.out = nn.Conv2d(WIDTH, class_count, kernel_size=1)

    def forward(self, image: Tensor, decoded: Tensor, half: Tensor | None = None) -> Tensor:
        """Logits (b, classes, h, w), 0 where the head is dropped.

        image: (b, c, h, w). decoded: (b, decoder_channels, h, w). half: (b, half_channels, h / 2, w / 2).
        """
        with torch.no_grad(), torch.autocast(image.device.type, enabled=False):
            responses = self.filters(image.float())
        mixed = self.mix(torch.cat([responses.to(decoded.dtype), decoded], dim=1))
        if self.mix_half is not None and half is not None:
            mixed = mixed + functional.interpolate(self.mix_half(half), scale_factor=2.0, mode="bilinear")
        logits = cast(Tensor, self.out(functional.gelu(mixed)))
        if not (self.training and self.dropped):
            return logits
        return logits * (torch.rand(len(logits), 1, 1, 1, device=logits.device) >= self.dropped)
