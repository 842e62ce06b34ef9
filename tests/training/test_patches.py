"""Patches: labelled, balanced, repeatable, and turned together with their labels."""

from __future__ import annotations

import numpy as np
import torch

from napari_csunet.classes import EXCLUDED, UNLABELLED, ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import annotate
from napari_csunet.training.augmentation import Augmentation
from napari_csunet.training.losses import SegmentationLoss
from napari_csunet.training.patches import PatchSampler

CLASSES = ClassTable.parse("1=matrix,2=pore")
CONFIG = TrainingConfig(seed=3)


def sampler(size: tuple[int, int] = (200, 150), config: TrainingConfig = CONFIG) -> PatchSampler:
    labels = np.ones(size, int)
    labels[10:30, 20:40] = 2
    micrograph = Micrograph.from_array(labels * 1000.0, "steel")
    return PatchSampler(annotate([micrograph], [labels], CLASSES, Normalisation()), 1, 2, config)


def test_a_rare_class_is_in_many_patches() -> None:
    batch = sampler().batch(60, 32)
    assert (batch.targets == 1).flatten(1).any(dim=1).float().mean() > 0.3


def test_the_same_seed_gives_the_same_patches() -> None:
    first, second = (sampler().batch(4, 64) for _ in range(2))
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.targets, second.targets)


def test_a_patch_larger_than_the_micrograph_is_mirrored_and_excluded_outside() -> None:
    config = CONFIG.model_copy(update={"scale_range": (1.0, 1.0)})
    batch = sampler((20, 30), config).batch(2, 64)
    assert batch.images.isfinite().all()
    assert ((batch.targets != EXCLUDED).flatten(1).sum(dim=1) == 600).all()


def test_labels_stay_on_their_pixels_through_scaling_and_turning() -> None:
    plain = CONFIG.model_copy(update={"intensity": 0.0})
    augmentation = Augmentation(plain)
    batch = augmentation.turned(sampler().batch(20, 96))
    images = augmentation.rendered(batch.images)
    pore, matrix = images[:, 0][batch.targets == 1], images[:, 0][batch.targets == 0]
    assert pore.mean() - matrix.mean() > 0.5 * (images.max() - images.min())


def test_the_loss_looks_at_labelled_pixels_alone() -> None:
    loss = SegmentationLoss(np.array([90, 10]))
    logits = torch.randn(2, 2, 8, 8, requires_grad=True)
    target = torch.full((2, 8, 8), UNLABELLED)
    target[0, 1, 2], target[1, 3, 3] = 0, 1
    loss(logits, target).backward()
    assert logits.grad is not None
    assert (logits.grad.abs().sum(dim=1) > 0).sum() == 2
    assert float(loss(logits.detach(), torch.full((2, 8, 8), UNLABELLED))) == 0
