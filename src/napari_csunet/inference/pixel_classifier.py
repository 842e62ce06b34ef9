"""A small classifier of pixels by their features: trained in a moment on what is painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.inference.pixel_features import PixelFeatures

HIDDEN = 64
STEPS = 200
BATCH = 512
LEARNING_RATE = 3e-3
NOISE = 0.3
"""Spread of what is added to each standardised feature while learning; strokes show a class in few places only."""
LABEL_SMOOTHING = 0.05
SMALLEST_SPREAD = 1e-3
ROWS_AT_ONCE = 128

PRIOR_ROUNDS = 15
PRIOR_POWER = 0.3
"""How far the class shares of a slice are believed: 0 not at all, 1 fully. They are guesses of the classifier."""
SMALLEST_PRIOR = 0.02
PRIOR_PIXELS = 100_000


@dataclass(frozen=True, eq=False)
class PixelClassifier:
    """One hidden layer of ``HIDDEN`` units. ``classes``: the class indices it knows, in the order of its outputs."""

    weights: tuple[Tensor, ...]
    classes: Tensor

    @torch.inference_mode()
    def probability(self, features: PixelFeatures) -> Tensor:
        """Probability (known classes, h, w), float32, of a whole slice, its class shares taken into account."""
        height, width = features.size
        result = torch.empty(len(self.classes), height, width)
        for start in range(0, height, ROWS_AT_ONCE):
            stop = min(height, start + ROWS_AT_ONCE)
            rows = features.of_rows(start, stop).flatten(1)
            result[:, start:stop] = self.of_points(rows).view(-1, stop - start, width)
        return with_class_shares(_smoothed(result))

    @torch.inference_mode()
    def of_points(self, features: Tensor) -> Tensor:
        """Probability (known classes, n) at features (channels, n), all classes taken for equally frequent."""
        return _layers(features, self.weights).softmax(dim=0)

    def indices(self, features: PixelFeatures) -> npt.NDArray[np.int16]:
        """The most likely class index at each pixel (h, w)."""
        best = self.probability(features).argmax(dim=0)
        indices: npt.NDArray[np.int16] = self.classes[best].numpy().astype(np.int16)
        return indices


def train_classifier(x: Tensor, y: Tensor, seed: int = 0) -> PixelClassifier:
    """From features (n, channels) and class indices (n,) of at least two classes; each class counts the same.

    The random state of torch is left alone, because a training may be using it.
    """
    classes, targets = torch.unique(y, return_inverse=True)
    mean, spread = x.mean(dim=0), x.std(dim=0) + SMALLEST_SPREAD
    known = ((x - mean) / spread).T.contiguous()  # (channels, n)
    random = torch.Generator().manual_seed(seed)
    weights = _first_weights(x.shape[1], len(classes), random)
    share = (1 / torch.bincount(targets).float())[targets]
    drawn = torch.multinomial(share, STEPS * BATCH, replacement=True, generator=random).view(STEPS, BATCH)
    optimiser = torch.optim.AdamW(weights, lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for chosen in drawn:
        noise = NOISE * torch.randn(x.shape[1], BATCH, generator=random)
        optimiser.zero_grad()
        logits = _layers(known[:, chosen] + noise, weights).T
        functional.cross_entropy(logits, targets[chosen], label_smoothing=LABEL_SMOOTHING).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return PixelClassifier(_for_plain_features([one.detach() for one in weights], mean, spread), classes)


def with_class_shares(probability: Tensor) -> Tensor:
    """Probability (classes, h, w) of a classifier that took all classes for equally frequent, with their shares here.

    The shares are found by expectation maximisation (Saerens, Latinne, Decaestecker 2002, Neural Comput. 14, 21).
    """
    pixels = probability.flatten(1)
    sample = pixels[:, :: max(1, pixels.shape[1] // PRIOR_PIXELS)]
    shares = torch.full((len(pixels), 1), 1 / len(pixels))
    for _ in range(PRIOR_ROUNDS):
        expected = sample * shares
        shares = (expected / expected.sum(dim=0)).mean(dim=1, keepdim=True)
    weighted = probability * shares.clamp_min(SMALLEST_PRIOR).pow(PRIOR_POWER)[..., None]
    return weighted / weighted.sum(dim=0)


def _smoothed(probability: Tensor) -> Tensor:
    padded = functional.pad(probability[None], (1, 1, 1, 1), mode="replicate")
    return functional.avg_pool2d(padded, 3, stride=1)[0]


def _first_weights(channels: int, classes: int, random: torch.Generator) -> list[Tensor]:
    shapes = [(HIDDEN, channels), (HIDDEN, 1), (classes, HIDDEN), (classes, 1)]
    limits = [channels**-0.5, channels**-0.5, HIDDEN**-0.5, HIDDEN**-0.5]
    drawn = [(2 * torch.rand(shape, generator=random) - 1) * limit for shape, limit in zip(shapes, limits, strict=True)]
    return [one.requires_grad_() for one in drawn]


def _for_plain_features(weights: list[Tensor], mean: Tensor, spread: Tensor) -> tuple[Tensor, ...]:
    """Weights that take features as they are, in place of those with mean 0 and spread 1."""
    first = weights[0] / spread
    return first, weights[1] - (first @ mean)[:, None], weights[2], weights[3]


def _layers(x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Features (channels, n) to logits (classes, n)."""
    hidden = torch.addmm(weights[1], weights[0], x).relu_()
    return torch.addmm(weights[3], weights[2], hidden)
