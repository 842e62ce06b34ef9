"""What a network that still learns is shown for a preview, and where its answer belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from napari_csunet.checkpoint import Provenance
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.device import MemorySettings
from napari_csunet.inference.preview import PREVIEW_SIDE, preview
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.reports import Preview, PreviewRequest

CLASSES = ClassTable.parse("1=dark,2=bright")
MEMORY = MemorySettings(1, 64, "float32", torch.device("cpu"))


class Threshold(nn.Module):
    """Brighter than the mean is the second class; remembers the size of what it saw."""

    def forward(self, x: Tensor) -> Tensor:
        self.seen = tuple(x.shape[-2:])
        return torch.cat([-x[:, :1], x[:, :1]], dim=1)


def shown(size: tuple[int, int], region: Any, nm: float, trained_nm: float | None, reduction: int = 1) -> Any:
    """The preview, the mask that it should be a part of, and what the network saw."""
    mask = np.ones(size, np.uint8)
    half, most = size[0] // 2, 5 * size[1] // 8
    mask[half:, :most], mask[:half, most:] = 2, 2
    trained = None if trained_nm is None else (trained_nm, trained_nm)
    told = Provenance(
        model=ModelConfig(), classes=CLASSES, training=TrainingConfig(), pixel_size_nm=trained, reduction=reduction
    )
    micrograph, network = Micrograph.from_array(mask * 100.0, "alloy", PixelSize(nm, nm)), Threshold()
    made = preview(network, micrograph, PreviewRequest(0, 0, region), told, MEMORY)
    return made, mask, network.seen


def part_of(mask: Any, made: Preview) -> Any:
    (top, left), (height, width) = made.origin, made.mask.shape
    return mask[top : top + height, left : left + width]


EVERYTHING = (slice(None), slice(None))


@pytest.mark.parametrize(
    ("nm", "trained_nm", "reduction", "seen"),
    [
        (10, 20, 1, (32, 48)),
        (10, 20, 2, (16, 24)),
        (20, 10, 1, (128, 192)),
        (10, None, 1, (64, 96)),
        (10, 15, 1, (43, 64)),
    ],
)
def test_a_preview_is_made_at_the_pixel_size_of_the_training(
    nm: float, trained_nm: float | None, reduction: int, seen: tuple[int, int]
) -> None:
    made, mask, saw = shown((64, 96), EVERYTHING, nm, trained_nm, reduction)
    assert (saw, made.origin, made.mask.shape) == (seen, (0, 0), (64, 96))
    assert (made.mask != mask).mean() < 0.04


@pytest.mark.parametrize("region", [(slice(20, 41), slice(7, 30)), (slice(63, 64), slice(95, 96)), EVERYTHING])
@pytest.mark.parametrize("trained_nm", [7.0, 10.0, 23.0])
def test_a_preview_covers_the_region_that_was_asked_for(region: Any, trained_nm: float) -> None:
    made, mask, _ = shown((64, 96), region, 10, trained_nm)
    for part, origin, length, side in zip(region, made.origin, made.mask.shape, mask.shape, strict=True):
        start, stop, _ = part.indices(side)
        assert origin <= start
        assert stop <= origin + length <= side
    assert (made.mask != part_of(mask, made)).mean() < 0.2


def test_of_a_large_region_the_middle_is_shown() -> None:
    made, mask, saw = shown((64, 2 * PREVIEW_SIDE), EVERYTHING, 10, None)
    assert saw == (64, PREVIEW_SIDE)
    assert made.origin == (0, PREVIEW_SIDE // 2)
    assert (made.mask == part_of(mask, made)).all()
