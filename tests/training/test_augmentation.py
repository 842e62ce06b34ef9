"""What patches may look like another day."""

from __future__ import annotations

import numpy as np
import torch

from napari_csunet.config import Layers, TrainingConfig
from napari_csunet.training.augmentation import Augmentation

SIDE = 64


def rises(layers: Layers) -> list[float]:
    """By how much each of 40 grey patches without contrast is brighter at one rim than at the other."""
    rendered = Augmentation(TrainingConfig(layers=layers)).rendered(torch.zeros(40, 1, SIDE, SIDE))[:, 0]
    quarters = rendered.unfold(1, SIDE // 4, SIDE // 4).mean(dim=(2, 3))
    return (quarters[:, -1] - quarters[:, 0]).abs().tolist()


def test_about_a_quarter_of_the_patches_is_shaded() -> None:
    assert 4 <= np.count_nonzero(np.array(rises("none")) > 0.1) <= 16


def test_layers_are_not_shaded_because_brightness_tells_them_apart() -> None:
    assert max(rises("rows")) < 0.1


def test_strength_zero_leaves_patches_alone() -> None:
    patches = torch.randn(4, 1, SIDE, SIDE)
    torch.testing.assert_close(
        Augmentation(TrainingConfig(layers="none", intensity=0)).rendered(patches), patches, rtol=0, atol=1e-5
    )
