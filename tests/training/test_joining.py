"""Labels that change while a network learns, and places that a person has corrected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet.checkpoint import array_sha256, load_checkpoint
from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import (
    AnnotatedSet,
    annotate,
    at_scale,
    class_counts,
    labelled_blocks,
    with_held_out_regions,
)
from napari_csunet.training.fine_tuning import fine_tune
from napari_csunet.training.joining import joined
from napari_csunet.training.labelling import Change, Changes, Labelling
from napari_csunet.training.patches import PatchSampler

CLASSES = ClassTable.parse("1=matrix,2=particle")
CONFIG = TrainingConfig(steps=3, patch_size=64, device="cpu", reduction=1)

Array = npt.NDArray[np.uint8]


def stripes() -> Array:
    """Two classes on 96 × 96 pixels, two thirds of them labelled."""
    labels = np.tile(np.repeat([1, 2, 0], 8), (96, 4))
    return labels.astype(np.uint8)


def micrograph(name: str = "steel") -> Micrograph:
    return Micrograph.from_array(stripes() * 9.0 + np.random.default_rng(0).random((96, 96)), name)


def annotated_set(one: Micrograph, reduction: int = 1) -> AnnotatedSet:
    scaled = at_scale(annotate([one], [stripes()], CLASSES, Normalisation()), reduction, 2, Normalisation())
    held_out = with_held_out_regions(scaled, CLASSES, 0.2, seed=0)
    return AnnotatedSet(held_out.training, held_out.validation, CLASSES, "held-out regions", reduction)


@pytest.mark.parametrize("reduction", [1, 2])
def test_new_strokes_train_but_in_blocks_that_are_held_out_they_judge(reduction: int) -> None:
    one = micrograph()
    before = annotated_set(one, reduction)
    after = joined(before, one, Change(0, np.full((96, 96), 2)), Normalisation(), CONFIG)
    (trained,), (judged,), (judged_before,) = after.training, after.validation, before.validation
    assert ((trained.indices == UNLABELLED) == (judged.indices == 1)).all()
    assert set(np.unique(trained.indices)) == {UNLABELLED, 1}
    assert (judged.indices[judged_before.indices != UNLABELLED] == 1).all()
    held_out = {tuple(map(str, block)) for block in labelled_blocks(judged)}
    assert held_out == {tuple(map(str, block)) for block in labelled_blocks(judged_before)}


def test_who_is_judged_by_other_micrographs_still_is() -> None:
    one, other = micrograph(), micrograph("brass")
    before = replace(annotated_set(one), validation=annotated_set(other).training)
    assert joined(before, one, Change(0, stripes()), Normalisation(), CONFIG).validation is before.validation


def test_strokes_on_another_micrograph_leave_the_others_alone() -> None:
    one, other = micrograph(), micrograph("brass")
    before = annotated_set(one)
    after = joined(before, other, Change(1, stripes()), Normalisation(), CONFIG)
    assert after.training[0] is before.training[0]
    assert after.training[1].micrograph is other


def test_the_newest_change_of_a_micrograph_is_taken_once() -> None:
    changes = Changes()
    for number, value in ((0, 1), (1, 2), (0, 3)):
        changes.put(Change(number, np.full((2, 2), value)))
    assert [(one.micrograph, one.labels[0, 0]) for one in changes.take()] == [(0, 3), (1, 2)]
    assert changes.take() == []


@pytest.mark.usefixtures("small_network")
def test_strokes_join_a_running_training_and_the_checkpoint_names_them(tmp_path: Path) -> None:
    changes = Changes()
    strokes, out = np.where(np.arange(96)[:, None] < 30, stripes(), 0), tmp_path / "a.safetensors"
    reports = fine_tune([micrograph()], [strokes], CLASSES, CONFIG, out=out, labelling=Labelling(changes=changes))
    assert next(report for report in reports if report.kind == "step").step == 1
    changes.put(Change(0, stripes()))
    changes.put(Change(0, np.ones((96, 96), np.uint8)))
    assert "Less than two classes" in next(report.message for report in reports if report.message)
    changes.put(Change(0, stripes()))
    told = [report.message for report in reports]
    assert any("painted on steel trains from now on" in message for message in told)
    assert load_checkpoint(out).provenance.label_sha256 == {"steel": array_sha256(stripes())}


def test_patches_are_often_drawn_around_corrected_places() -> None:
    places = np.zeros((512, 512), bool)
    places[:8, :8] = True
    labels = np.tile(np.repeat([1, 2], 8), (512, 32))
    picture = Micrograph.from_array(labels * 1.0, "steel")
    shares = []
    for corrected in (places, None):
        annotated = annotate([picture], [labels], CLASSES, Normalisation(), [corrected])
        sampler = PatchSampler(annotated, 1, 2, CONFIG)
        centres = [sampler._labelled_pixel()[1] for _ in range(400)]
        shares.append(np.mean([centre.max() < 8 for centre in centres]))
    assert shares[0] == pytest.approx(0.25, abs=0.08)
    assert shares[1] < 0.02
    assert class_counts(annotated, 2).sum() == 512**2
