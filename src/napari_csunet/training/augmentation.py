"""Random changes that leave the meaning of a patch alone: how it may look another day, on another instrument."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as transforms

from napari_csunet.config import TrainingConfig
from napari_csunet.training.patches import Batch

SHADED_SHARE = 0.25
"""Of the patches, unless they show layers."""


class Augmentation:
    """Applied to whole batches of normalised patches; the same seed gives the same changes."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self._random = np.random.default_rng([config.seed, 1])
        self._noise = torch.Generator().manual_seed(config.seed)

    def turned(self, batch: Batch) -> Batch:
        """The patches mirrored and turned at random, images, targets and prior alike."""
        maps = batch.images if batch.prior is None else torch.cat([batch.images, batch.prior], dim=1)
        pairs = [self._turned(one, target) for one, target in zip(maps, batch.targets, strict=True)]
        turned, targets = zip(*pairs, strict=True)
        images, prior = torch.stack(turned).tensor_split([batch.images.shape[1]], dim=1)
        return Batch(images, torch.stack(targets), None if batch.prior is None else prior)

    def rendered(self, images: Tensor) -> Tensor:
        """Images (b, c, side, side) as they may look another day."""
        return torch.stack([self._rendered(image) for image in images])

    def _turned(self, image: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Mirrored and turned by quarters, image (c, side, side) and target (side, side) alike; layers keep order."""
        if self._config.flips and self._config.layers != "columns" and self._random.random() < 0.5:
            image, target = transforms.horizontal_flip(image), transforms.horizontal_flip(target)
        if self._config.flips and self._config.layers != "rows" and self._random.random() < 0.5:
            image, target = transforms.vertical_flip(image), transforms.vertical_flip(target)
        turns = int(self._random.integers(4)) if self._config.quarter_turns else 0
        return torch.rot90(image, turns, (1, 2)), torch.rot90(target, turns, (0, 1))

    def _rendered(self, image: Tensor) -> Tensor:
        """Contrast, brightness, gamma, shading, blur and noise of a patch (c, side, side) with mean 0 and spread 1."""
        strength, random = self._config.intensity, self._random
        if self._config.invert_contrast and random.random() < 0.5:
            image = -image
        image = _with_gamma(image, float(np.exp(random.normal(0, 0.2 * strength))))
        image = image * float(np.exp(random.normal(0, 0.2 * strength))) + float(random.normal(0, 0.2 * strength))
        if strength and self._config.layers == "none" and random.random() < SHADED_SHARE:
            image = self._shaded(image, abs(random.normal(0, strength)))
        if strength and random.random() < 0.3:
            image = transforms.gaussian_blur(image, [5, 5], [float(random.uniform(0.3, 0.6 + 0.6 * strength))])
        if strength and random.random() < 0.5:
            noise = torch.randn(image.shape[1:], generator=self._noise)
            image = image + float(random.uniform(0, 0.3 * strength)) * noise
        return image

    def _shaded(self, image: Tensor, amount: float) -> Tensor:
        """Brightness that rises across a patch (c, side, side), as under a tilted detector or where charge gathers.

        In layers it would hide what tells them apart. Contrast shrinks with it, about as it does where the intensities
        of a whole shaded micrograph are normalised.
        """
        angle, offset = self._random.uniform(0, 2 * np.pi), self._random.uniform(-0.5, 0.5)
        y, x = (torch.linspace(-1, 1, side) for side in image.shape[1:])
        rising = float(np.cos(angle)) * y[:, None] + float(np.sin(angle)) * x + float(offset)
        return (image + amount * rising) / float(np.sqrt(1 + amount**2 / 2))


def _with_gamma(image: Tensor, gamma: float) -> Tensor:
    """Gamma curve over the range from -3 to 3 spreads; what lies beyond keeps its distance from it."""
    inside = image.clamp(-3, 3)
    return ((inside + 3) / 6).pow(gamma) * 6 - 3 + (image - inside)
