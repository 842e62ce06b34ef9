"""The prior: the instant answer to strokes, which the unlabelled pixels of a training are taught."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import AnnotatedSet, annotate, at_scale
from napari_csunet.training.augmentation import Augmentation
from napari_csunet.training.patches import PatchSampler
from napari_csunet.training.preparation import for_strokes_or_masks
from napari_csunet.training.prior import _painted, with_priors
from napari_csunet.training.teacher import taught_loss


def annotated(micrograph: Micrograph, labels: npt.NDArray[Any], classes: ClassTable, factor: int = 1) -> AnnotatedSet:
    whole = annotate([micrograph], [labels], classes, Normalisation())
    return AnnotatedSet(at_scale(whole, factor, 2, Normalisation()), [], classes, "nothing", factor)


def believed(labelled: AnnotatedSet) -> npt.NDArray[np.float16]:
    looking = with_priors(labelled, "cpu", 0, math.inf)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            prior: npt.NDArray[np.float16] = end.value.training[0].prior
            return prior


@pytest.mark.parametrize("factor", [1, 2])
def test_strokes_say_much_about_the_rest(
    micrograph: Micrograph, strokes: Any, mask: Any, classes: ClassTable, factor: int
) -> None:
    prior = believed(annotated(micrograph, strokes, classes, factor))
    assert prior.shape == (2, 64 // factor, 96 // factor)
    assert prior.sum(axis=0) == pytest.approx(1, abs=0.01)
    assert (prior.argmax(axis=0) + 1 == mask[::factor, ::factor]).mean() > 0.85


def test_held_out_labels_are_not_learnt_from(micrograph: Micrograph, strokes: Any, classes: ClassTable) -> None:
    one = annotated(micrograph, strokes, classes, 2).training[0]
    held_out = one.indices.copy()
    held_out[:20] = UNLABELLED
    painted = _painted(replace(one, indices=held_out))
    assert (painted[:40] == UNLABELLED).all()
    assert (painted[48] == strokes[48] - 1).all()


def test_a_patch_carries_its_prior_through_every_turn(
    micrograph: Micrograph, strokes: Any, classes: ClassTable
) -> None:
    one = annotated(micrograph, strokes, classes).training[0]
    pixels = one.crop(slice(None), slice(None), 1)[..., 0]
    twice = replace(one, prior=np.stack([pixels, -pixels]).astype(np.float16))
    config = TrainingConfig(quarter_turns=True)
    batch = Augmentation(config).turned(PatchSampler([twice], 1, 2, config).batch(6, 64))
    assert batch.prior is not None
    assert torch.allclose(batch.prior, torch.cat([batch.images, -batch.images], dim=1), atol=0.01)


def test_only_sure_beliefs_about_unlabelled_pixels_teach() -> None:
    logits, nowhere = torch.zeros(1, 2, 4, 4), torch.full((1, 4, 4), UNLABELLED)
    sure = torch.tensor([0.95, 0.05]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
    assert taught_loss(logits, sure, nowhere) > 0.5
    assert taught_loss(logits, sure, nowhere + 1 - UNLABELLED) == 0
    assert taught_loss(logits, torch.full_like(sure, 0.5), nowhere) == 0


def test_the_prior_is_for_strokes_and_for_weights_that_know_something(
    micrograph: Micrograph, strokes: Any, mask: Any, classes: ClassTable
) -> None:
    scratch = TrainingConfig(encoder_weights="none")
    assert for_strokes_or_masks(TrainingConfig(), annotated(micrograph, strokes, classes)).prior
    assert not for_strokes_or_masks(TrainingConfig(), annotated(micrograph, mask, classes)).prior
    assert not for_strokes_or_masks(scratch, annotated(micrograph, strokes, classes)).prior
