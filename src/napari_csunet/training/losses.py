"""What training minimises: cross-entropy and Dice over the labelled pixels alone."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from segmentation_models_pytorch.losses import DiceLoss
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.classes import UNLABELLED

CLASS_WEIGHT_POWER = 0.25
"""How strongly rare classes are weighted: 0 not at all, 1 by the inverse of their share; see docs/benchmarks.md."""


class SegmentationLoss(nn.Module):
    """Mean of cross-entropy, classes weighted by their share to a small negative power, and Dice loss.

    counts: labelled pixels of each class in the training set.
    """

    weights: Tensor

    def __init__(self, counts: npt.NDArray[np.int64]) -> None:
        super().__init__()
        self.register_buffer("weights", _weights(counts))
        self.dice = DiceLoss(mode="multiclass", ignore_index=UNLABELLED)

    def weigh(self, counts: npt.NDArray[np.int64]) -> None:
        """Weights the classes by other numbers of labelled pixels."""
        self.weights.copy_(_weights(counts))

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Logits (b, classes, h, w), target (b, h, w) int64 as of a ``Batch``; 0 where no pixel is labelled."""
        target = target.clamp(min=UNLABELLED)
        if not (target != UNLABELLED).any():
            return logits.sum() * 0
        entropy = functional.cross_entropy(logits, target, weight=self.weights, ignore_index=UNLABELLED)
        return cast(Tensor, (entropy + self.dice(logits, target)) / 2)


def _weights(counts: npt.NDArray[np.int64]) -> Tensor:
    share = np.maximum(counts, 1) / max(1, counts.sum())
    weights = share**-CLASS_WEIGHT_POWER
    return torch.from_numpy(weights / weights.mean()).float()
