"""What unlabelled pixels teach: neighbours that look alike belong together."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.classes import UNLABELLED

PAIRS = 24
"""Offsets drawn in each step."""
LONGEST = 12.0
"""Longest offset, in pixels; the shortest is one pixel, and each octave between is drawn as often."""
LIKENESS = 0.3
"""Difference, in spreads of the micrograph, at which a pair counts e^-½."""


class Affinity:
    """Expected disagreement of pairs of pixels that look alike, where one of them is unlabelled.

    The gated conditional random field loss of Obukhov et al. 2019 (arXiv 1906.04651), estimated from a few offsets that
    are drawn anew in each step: full masks need none of it, strokes say nothing about the rims that this settles.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng([seed, 2])

    def loss(self, logits: Tensor, images: Tensor, target: Tensor) -> Tensor:
        """Logits (b, classes, h, w), normalised images (b, channels, h, w), target (b, h, w) int64; a scalar."""
        probability = logits.softmax(dim=1)
        smooth = functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
        parts = [_disagreement(probability, smooth, target, *self._offset()) for _ in range(PAIRS)]
        different, alike = torch.stack(parts).sum(dim=0)
        mean: Tensor = different / alike.clamp(min=1.0)
        return mean

    def _offset(self) -> tuple[int, int]:
        length = np.exp(self._random.uniform(0, np.log(LONGEST)))
        angle = self._random.uniform(0, 2 * np.pi)
        return round(float(length * np.sin(angle))), round(float(length * np.cos(angle)))


def _disagreement(probability: Tensor, images: Tensor, target: Tensor, y: int, x: int) -> Tensor:
    """Over the pairs that lie (y, x) apart: likeness times the probability of different classes, and likeness alone."""
    here, there = (_shifted(y, x, sign) for sign in (1, -1))
    difference = (images[here] - images[there]).square().mean(dim=1)
    lower = torch.minimum(target[:, *here[2:]], target[:, *there[2:]])
    counted = lower == UNLABELLED  # of both pixels at least one is unlabelled, and none is excluded
    likeness = torch.exp(difference / (-2 * LIKENESS**2)) * counted
    different = 1 - (probability[here] * probability[there]).sum(dim=1)
    return torch.stack([(likeness * different).sum(), likeness.sum()])


def _shifted(y: int, x: int, sign: int) -> tuple[slice, ...]:
    """The part of an image (b, c, h, w) whose partner (y, x) away lies in it too."""
    return (slice(None), slice(None), *(_part(sign * step) for step in (y, x)))


def _part(step: int) -> slice:
    return slice(max(0, step), min(0, step) or None)
