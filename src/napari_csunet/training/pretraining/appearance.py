"""Random changes of whole batches on the device that trains: turns, contrast, blur, noise."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.training.pretraining.step_random import StepRandom

BLUR_RADIUS = 4


def turned(random: StepRandom, *batches: Tensor) -> list[Tensor]:
    """Each picture of (b, …, side, side) in one of its 8 orientations; several batches are turned alike."""
    codes = random.numbers.integers(8, size=len(batches[0])).tolist()
    return [torch.stack([_oriented(one, code) for one, code in zip(batch, codes, strict=True)]) for batch in batches]


def _oriented(picture: Tensor, code: int) -> Tensor:
    picture = picture.flip(-1) if code >= 4 else picture
    return torch.rot90(picture, code % 4, (-2, -1))


def recoloured(images: Tensor, random: StepRandom, inverted_share: float = 0.0) -> Tensor:
    """Gamma, contrast and brightness of normalised images (b, 1, h, w), as another day would give; some inverted."""
    count = len(images)
    images = torch.where(random.some(inverted_share, count), -images, images)
    inside = images.clamp(-3, 3)
    curved = ((inside + 3) / 6).pow(random.spread(0.25, count).exp()) * 6 - 3 + (images - inside)
    return curved * random.spread(0.25, count).exp() + random.spread(0.25, count)


def degraded(images: Tensor, random: StepRandom, blur: float = 1.2, noise: float = 0.3) -> Tensor:
    """About every third picture blurred by up to ``blur`` pixels, every second noisy by up to ``noise`` spreads."""
    count = len(images)
    sigma = random.between(0.3, blur, count)
    images = torch.where(random.some(0.3, count), blurred(images, sigma), images)
    strength = random.between(0, noise, count) * random.some(0.5, count)
    return images + strength * random.noise(images)


def normalised(images: Tensor) -> Tensor:
    """Each picture (b, 1, h, w) clipped to its percentiles 0.5 and 99.5, as fine-tuning does, mean 0 and spread 1."""
    ordered = images.flatten(1)[:, ::4].sort(1).values
    low, high = (ordered[:, round(share * (ordered.shape[1] - 1)), None, None, None] for share in (0.005, 0.995))
    images = images.clamp(low, high)
    mean, spread = images.mean(dim=(2, 3), keepdim=True), images.std(dim=(2, 3), keepdim=True)
    return (images - mean) / spread.clamp_min(1e-6)


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur of (b, 1, h, w) by its own ``sigma`` (b, 1, 1, 1) for each picture, borders mirrored."""
    place = torch.arange(-BLUR_RADIUS, BLUR_RADIUS + 1, device=images.device)
    kernel = torch.exp(-((place / sigma) ** 2) / 2)  # (b, 1, 1, places)
    kernel = kernel / kernel.sum(-1, keepdim=True)
    padded = functional.pad(images, (BLUR_RADIUS,) * 4, mode="reflect").transpose(0, 1)
    rows = functional.conv2d(padded, kernel, groups=len(kernel))
    return functional.conv2d(rows, kernel.transpose(2, 3), groups=len(kernel)).view(images.shape)
