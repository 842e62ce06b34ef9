"""Test-time augmentation: the views of a micrograph over which a prediction is averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.config import TrainingConfig


@dataclass(frozen=True)
class View:
    """Mirrored or not, then turned by so many quarters."""

    turns: int
    mirrored: bool

    def of(self, image: Tensor) -> Tensor:
        """Image (b, c, h, w) as this view shows it."""
        return torch.rot90(image.flip(-1) if self.mirrored else image, self.turns, (-2, -1))

    def undone(self, maps: Tensor) -> Tensor:
        """What was found in this view, (b, c, h, w), as it lies in the image."""
        back = torch.rot90(maps, -self.turns, (-2, -1))
        return back.flip(-1) if self.mirrored else back


IN_LAYERS = {
    "rows": (View(0, mirrored=False), View(0, mirrored=True)),
    "columns": (View(0, mirrored=False), View(2, mirrored=True)),
}
"""Views that leave layers in their order: as they are, and mirrored along the layers."""


def views_for(training: TrainingConfig) -> Sequence[View]:
    """All views that occurred in training: where classes lie in layers, a picture turned by 90° is none that occurs."""
    mirrored = (False, True) if training.flips else (False,)
    if training.quarter_turns is not False:
        return [View(turn, mirror) for mirror in mirrored for turn in range(4)]
    if training.layers in IN_LAYERS:
        return IN_LAYERS[training.layers][: len(mirrored)]
    return [View(turn, mirror) for mirror in mirrored for turn in ((0, 2) if training.flips else (0,))]
