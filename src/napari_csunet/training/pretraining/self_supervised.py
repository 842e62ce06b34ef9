"""Objective: say what hidden parts of unlabelled micrographs look like, and undo blur and noise elsewhere."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.training.pretraining.appearance import degraded, recoloured, turned
from napari_csunet.training.pretraining.description import CHANNELS, description
from napari_csunet.training.pretraining.features import EVERYTHING, Features, Widths
from napari_csunet.training.pretraining.objective import DrawnBatch
from napari_csunet.training.pretraining.picture_pool import PicturePool
from napari_csunet.training.pretraining.step_random import StepRandom

BLOCKS = (8, 16, 32)
HIDDEN_SHARE = 0.5
SEEN_WEIGHT = 0.2
INVERTED_SHARE = 0.2


class SelfSupervised:
    """Masked-image modelling through the whole network, so that both encoders and the decoder learn at once."""

    name: Literal["self-supervised"] = "self-supervised"
    parts = EVERYTHING

    def __init__(self, pool: PicturePool) -> None:
        self._pool = pool
        self.notices = pool.notices

    def describe(self) -> dict[str, Any]:
        return {"unlabelled": self._pool.describe()}

    def head(self, widths: Widths) -> nn.Module:
        return DescriptionHead(widths.decoder)

    def draw(self, batch_size: int, side: int, random: StepRandom) -> DrawnBatch:
        images, _ = self._pool.draw(batch_size, side, random)
        clean = recoloured(turned(random, images)[0], random, INVERTED_SHARE)
        hidden = blocks(clean, random)
        filling = random.noise(clean) * random.between(0, 1, batch_size)
        images = torch.where(hidden, filling, degraded(clean, random, noise=0.5))
        return DrawnBatch(images, clean, {"description": description(clean), "hidden": hidden})


class DescriptionHead(nn.Module):
    """A linear layer to the description; what was hidden counts most."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.predict = nn.Conv2d(width, CHANNELS, kernel_size=1)

    def forward(self, features: Features, batch: DrawnBatch) -> Tensor:
        predicted = self.predict(features.pixels).float()
        error = functional.smooth_l1_loss(predicted, batch.targets["description"], reduction="none")
        weight = torch.where(batch.targets["hidden"], 1.0, SEEN_WEIGHT)
        return (error * weight).sum() / (weight.sum() * CHANNELS)


def blocks(images: Tensor, random: StepRandom) -> Tensor:
    """True in random squares that cover about half of each picture, (b, 1, h, w); their side differs by picture."""
    b, _, h, w = images.shape
    chosen = random.numbers.integers(len(BLOCKS), size=b)
    sides = torch.from_numpy(chosen).to(images.device)[:, None, None, None]
    hidden = torch.zeros_like(images, dtype=torch.bool)
    for i, side in enumerate(BLOCKS):
        grid = torch.rand(b, 1, -(-h // side) + 1, -(-w // side) + 1, generator=random.tensors, device=images.device)
        squares = (grid < HIDDEN_SHARE).repeat_interleave(side, 2).repeat_interleave(side, 3)
        top, left = random.numbers.integers(side, size=2)
        hidden = torch.where(sides == i, squares[..., top : top + h, left : left + w], hidden)
    return hidden
