"""What unlabelled pixels teach: the averaged network, shown another view, teaches the one that is trained."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.classes import UNLABELLED

SHIFT = 16
"""Furthest that the teacher's view is moved, in pixels, so that it sees other windows than the pupil."""
UNSURE, SURE = 0.6, 0.9
"""Probabilities of the likeliest class at which a soft label begins to count, and counts in full."""
FIRST_SHARE, FULL_SHARE = 0.1, 0.4
"""Shares of the training at which teaching begins and at which it has its whole weight."""


class MeanTeacher:
    """Confident soft labels of the averaged weights on unlabelled pixels.

    The mean teacher of Tarvainen and Valpola 2017 (arXiv 1703.01780). The teacher sees the patch as it was recorded,
    moved by some pixels; the pupil sees it with random contrast, blur and noise: what they agree on hangs on neither.
    """

    def __init__(self, averaged: nn.Module, seed: int) -> None:
        self._averaged = averaged
        self._random = np.random.default_rng([seed, 3])

    def loss(self, logits: Tensor, recorded: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy (a scalar) of the pupil's logits (b, classes, h, w) with what the teacher says of ``recorded``.

        recorded: the same patches (b, channels, h, w) before their appearance was changed. target: (b, h, w).
        """
        y, x = (int(step) for step in self._random.integers(-SHIFT, SHIFT + 1, 2))
        taught = self._probability(recorded, y, x)
        rows, columns = _seen(y, logits.shape[-2]), _seen(x, logits.shape[-1])
        return taught_loss(logits[..., rows, columns], taught[..., rows, columns], target[..., rows, columns])

    @torch.no_grad()
    def _probability(self, recorded: Tensor, y: int, x: int) -> Tensor:
        """Probability (b, classes, h, w) that the teacher sees when the patches are moved by (y, x) pixels."""
        moved = torch.roll(recorded, (y, x), dims=(2, 3))
        probability: Tensor = self._averaged(moved).float().softmax(dim=1)
        return torch.roll(probability, (-y, -x), dims=(2, 3))


def taught_loss(logits: Tensor, taught: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy (a scalar) of logits (b, classes, h, w) with soft labels, where they are sure and no label is.

    taught: probability (b, classes, h, w). target: (b, h, w) int64.
    """
    told = functional.log_softmax(logits, dim=1)
    sure = ((taught.amax(dim=1) - UNSURE) / (SURE - UNSURE)).clamp(0, 1)
    return -(sure * (target == UNLABELLED) * (taught * told).sum(dim=1)).mean()


def weight_at(share: float) -> float:
    """How much the teacher counts at a share of the training, 0 to 1: it has to learn first."""
    return min(1.0, max(0.0, (share - FIRST_SHARE) / (FULL_SHARE - FIRST_SHARE)))


def _seen(step: int, length: int) -> slice:
    """The part of an axis that did not leave the patch when it was moved by ``step``."""
    return slice(max(0, -step), length - max(0, step))
