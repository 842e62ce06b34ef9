"""Segmentation of many data sets by one head: the classes of all sets side by side, each picture judged by its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from napari_csunet.training.losses import SegmentationLoss

ABSENT = -1e4


class PhaseHead(nn.Module):
    """A linear layer from the decoder's map to the classes of the set that each picture is from."""

    present: Tensor

    def __init__(self, width: int, class_counts: Sequence[int]) -> None:
        super().__init__()
        most = max(class_counts)
        self.weight = nn.Parameter(torch.randn(len(class_counts), most, width) * width**-0.5)
        self.register_buffer("present", torch.arange(most) < torch.tensor(class_counts)[:, None])
        self.loss = SegmentationLoss(np.ones(most, np.int64))

    def forward(self, pixels: Tensor, sets: Tensor, masks: Tensor) -> Tensor:
        """Loss of pixels (b, width, h, w) of pictures from ``sets`` (b,), against masks (b, h, w), -1 is ignored."""
        loss: Tensor = self.loss(self.logits(pixels, sets).float(), masks)
        return loss

    def logits(self, pixels: Tensor, sets: Tensor) -> Tensor:
        """(b, most classes of any set, h, w); hardly above -10000 for classes that the picture's set lacks."""
        logits = torch.bmm(self.weight[sets], pixels.flatten(2))
        logits = logits.masked_fill(~self.present[sets][:, :, None], ABSENT)
        return logits.view(*logits.shape[:2], *pixels.shape[2:])
