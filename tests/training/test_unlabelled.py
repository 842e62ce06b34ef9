"""What is learned from unlabelled pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from napari_csunet.classes import EXCLUDED, UNLABELLED
from napari_csunet.config import TrainingConfig
from napari_csunet.device import MemorySettings
from napari_csunet.training.affinity import Affinity
from napari_csunet.training.losses import SegmentationLoss
from napari_csunet.training.optimisation import Optimisation
from napari_csunet.training.patches import Batch
from napari_csunet.training.teacher import MeanTeacher, taught_loss, weight_at

NOTHING = torch.full((1, 32, 32), UNLABELLED)
"""Target without a label."""


def halves(low: int, high: int) -> Tensor:
    """(1, 1, 32, 32): ``low`` on the left, ``high`` on the right."""
    picture = torch.full((1, 1, 32, 32), float(low))
    picture[..., 16:] = high
    return picture


def logits_of(first_class: Tensor) -> Tensor:
    """Sure of class 0 where ``first_class`` is positive, of class 1 elsewhere."""
    return torch.cat([10 * first_class, -10 * first_class], dim=1)


def test_a_border_along_an_edge_costs_less_than_one_beside_it() -> None:
    image = halves(-1, 1)
    along, beside = logits_of(halves(1, -1)), logits_of(halves(1, -1).roll(6, dims=3))
    assert Affinity(0).loss(along, image, NOTHING) < 0.3 * Affinity(0).loss(beside, image, NOTHING)


def test_pairs_of_labelled_pixels_cost_nothing() -> None:
    labelled = torch.zeros_like(NOTHING)
    assert Affinity(0).loss(logits_of(halves(1, -1)), halves(0, 0), labelled) == 0


def test_affinity_moves_an_unlabelled_pixel_to_the_class_of_its_likeness() -> None:
    logits = logits_of(halves(1, -1)) / 10
    logits = logits.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(Affinity(0).loss(logits, halves(-1, 1), NOTHING), logits)
    assert gradient[0, 0, 16, 8] < 0 < gradient[0, 0, 16, 24]


def test_nothing_is_learnt_from_excluded_pixels() -> None:
    excluded = torch.full_like(NOTHING, EXCLUDED)
    logits, image = logits_of(halves(1, -1)), halves(0, 0)
    assert Affinity(0).loss(logits, image, excluded) == 0
    assert SegmentationLoss(np.ones(2, np.int64))(logits, excluded) == 0
    assert taught_loss(logits, logits_of(halves(-1, 1)).softmax(dim=1), excluded) == 0


def test_a_pair_with_an_excluded_pixel_costs_nothing() -> None:
    left_excluded = NOTHING.clone()
    left_excluded[..., :16] = EXCLUDED
    beside = logits_of(halves(1, -1))
    assert Affinity(0).loss(beside, halves(0, 0), NOTHING) > 0
    assert Affinity(0).loss(beside, halves(0, 0), left_excluded) < 1e-6


class Threshold(nn.Module):
    """A network that is sure: bright is class 0, dark class 1; it remembers what it saw."""

    def forward(self, image: Tensor) -> Tensor:
        self.seen = image
        return logits_of(image)


def test_the_teacher_agrees_with_a_pupil_that_says_the_same_pixel_by_pixel() -> None:
    image = torch.randn(2, 1, 40, 40).sign()
    target = torch.full((2, 40, 40), UNLABELLED)
    teacher = MeanTeacher(Threshold(), seed=1)
    assert teacher.loss(logits_of(image), image, target) < 1e-3
    assert teacher.loss(logits_of(-image), image, target) > 5


def test_the_teacher_sees_another_view() -> None:
    network, image = Threshold(), torch.randn(1, 1, 40, 40)
    MeanTeacher(network, seed=1).loss(logits_of(image), image, torch.full((1, 40, 40), UNLABELLED))
    assert not torch.equal(network.seen, image)


def test_an_unsure_teacher_and_a_labelled_pixel_say_nothing() -> None:
    image, labelled = torch.randn(1, 1, 40, 40).sign(), torch.zeros((1, 40, 40), dtype=torch.int64)
    assert MeanTeacher(Threshold(), seed=1).loss(logits_of(-image), image, labelled) == 0
    assert MeanTeacher(Threshold(), seed=1).loss(logits_of(-image), image / 100, labelled - 1) == 0


@pytest.mark.parametrize(("share", "weight"), [(0.0, 0.0), (0.1, 0.0), (0.25, 0.5), (0.4, 1.0), (1.0, 1.0)])
def test_the_teacher_waits_until_it_has_learned(share: float, weight: float) -> None:
    assert weight_at(share) == pytest.approx(weight)


@pytest.mark.parametrize(("turns", "share", "is_taught"), [(True, 0.0, True), (True, 1.0, False), (False, 1.0, True)])
def test_the_prior_teaches_until_the_network_can_and_always_where_classes_lie_in_layers(
    turns: bool, share: float, is_taught: bool
) -> None:
    config = TrainingConfig(quarter_turns=turns, affinity=0.0)
    unsure = nn.Conv2d(1, 2, 1, bias=False)
    nn.init.zeros_(unsure.weight)
    memory = MemorySettings(1, 32, "float32", torch.device("cpu"))
    training = Optimisation(unsure, NoPatches(), SegmentationLoss(np.ones(2, np.int64)), config, memory)
    batch = Batch(halves(-1, 1), NOTHING, logits_of(halves(1, -1)).softmax(dim=1))
    loss = training._unlabelled_loss(torch.zeros(1, 2, 32, 32), batch.images, batch, NOTHING, share)
    assert (loss > 0.5) == is_taught


class NoPatches:
    def batch(self, batch_size: int, side: int) -> Batch:
        raise NotImplementedError
