"""Patches without labels, and the loss that keeps the share of each class in them what it was at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.checkpoint import Provenance
from napari_csunet.classes import EXCLUDED, UNLABELLED
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.training.adapting.looking import Answer
from napari_csunet.training.annotated import AnnotatedSlice
from napari_csunet.training.losses import SegmentationLoss
from napari_csunet.training.patches import Batch, PatchSampler


class UnlabelledPatches:
    """Patches whose prior is what the network said at first; that also decides around which pixels they lie."""

    def __init__(
        self, pictures: Sequence[Micrograph], first: Sequence[Answer], provenance: Provenance, config: TrainingConfig
    ) -> None:
        slices = [_believed(picture, answer, provenance) for picture, answer in zip(pictures, first, strict=True)]
        self._sampler = PatchSampler(slices, provenance.model.in_channels, len(provenance.classes), config)
        self.shares = torch.ones(len(provenance.classes))
        """Of each class in the last batch, as the network saw it at first."""

    def batch(self, batch_size: int, side: int) -> Batch:
        batch = self._sampler.batch(batch_size, side)
        nothing = torch.where(batch.targets == EXCLUDED, EXCLUDED, UNLABELLED)
        if batch.prior is not None:
            self.shares = batch.prior.mean(dim=(0, 2, 3))
        return replace(batch, targets=nothing)


class SharesKept(SegmentationLoss):
    """Divergence of the class shares of a batch from those that were seen in it at first (a scalar).

    A network that teaches itself may end up with one class everywhere; aligning the shares prevents it (Berthelot et
    al. 2020, arXiv 1911.09785).
    """

    def __init__(self, patches: UnlabelledPatches) -> None:
        super().__init__(np.ones(len(patches.shares), np.int64))
        self._patches = patches

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        seen = (target != EXCLUDED)[:, None]
        shares = (logits.softmax(dim=1) * seen).sum(dim=(0, 2, 3)) / seen.sum().clamp(min=1)
        first = self._patches.shares.to(shares.device)
        return functional.kl_div(shares.clamp(min=1e-4).log(), first / first.sum().clamp(min=1e-4), reduction="sum")


def _believed(picture: Micrograph, answer: Answer, provenance: Provenance) -> AnnotatedSlice:
    nowhere = np.broadcast_to(np.False_, picture.size)
    likeliest = answer.argmax(axis=0).astype(np.int16)
    intensities = provenance.normalisation.fit(picture, 0)
    return AnnotatedSlice(picture, 0, intensities, likeliest, nowhere, nowhere, prior=answer)
