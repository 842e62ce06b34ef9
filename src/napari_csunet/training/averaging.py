"""The exponential moving average of weights that is validated and kept."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


@torch.no_grad()
def average_into(averaged: Sequence[Tensor], present: Sequence[Tensor], most_kept: float, updates: int) -> None:
    """Moves the average towards the present; early on faster, so that the random start is soon forgotten."""
    kept = min(most_kept, (1 + updates) / (10 + updates))
    for old, new in zip(averaged, present, strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - kept)
        else:
            old.copy_(new)
