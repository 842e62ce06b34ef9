"""Objective: segmentation of micrographs that have masks, set by set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from napari_csunet.training.pretraining.appearance import degraded, recoloured, turned
from napari_csunet.training.pretraining.features import EVERYTHING, Features, Widths
from napari_csunet.training.pretraining.objective import DrawnBatch
from napari_csunet.training.pretraining.phase_head import PhaseHead
from napari_csunet.training.pretraining.picture_pool import PicturePool
from napari_csunet.training.pretraining.step_random import StepRandom

INVERTED_SHARE = 0.1


class Labelled:
    """Each set has classes of its own; a batch mixes the sets."""

    name: Literal["labelled"] = "labelled"
    parts = EVERYTHING

    def __init__(self, pools: Sequence[PicturePool]) -> None:
        self._pools = pools
        self.notices = tuple(notice for pool in pools for notice in pool.notices)

    def describe(self) -> dict[str, Any]:
        return {"labelled": [pool.describe() for pool in self._pools]}

    def head(self, widths: Widths) -> nn.Module:
        return LabelledHead(widths.decoder, [pool.class_count for pool in self._pools])

    def draw(self, batch_size: int, side: int, random: StepRandom) -> DrawnBatch:
        counts = random.numbers.multinomial(batch_size, [1 / len(self._pools)] * len(self._pools))
        drawn = [pool.draw(int(n), side, random) for pool, n in zip(self._pools, counts, strict=True) if n]
        images, masks = (torch.cat(parts) for parts in zip(*drawn, strict=True))
        images, masks = turned(random, images, masks)
        images = degraded(recoloured(images, random, INVERTED_SHARE), random)
        sets = torch.repeat_interleave(torch.arange(len(counts)), torch.from_numpy(counts)).to(images.device)
        return DrawnBatch(images, images, {"masks": masks, "sets": sets})


class LabelledHead(nn.Module):
    """Segmentation from the decoder's map."""

    def __init__(self, width: int, class_counts: Sequence[int]) -> None:
        super().__init__()
        self.phases = PhaseHead(width, class_counts)

    def forward(self, features: Features, batch: DrawnBatch) -> Tensor:
        loss: Tensor = self.phases(features.pixels, batch.targets["sets"], batch.targets["masks"])
        return loss
