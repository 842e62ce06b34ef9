"""The annotated set: what trains, what validates, and what is said when labels make no sense."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import (
    AnnotatedSlice,
    annotate,
    at_scale,
    check_trainable,
    hold_out_regions,
    labelled_share,
    without_databars,
)

CLASSES = ClassTable.parse("1=matrix,2=pore")


def annotated(labels: np.ndarray) -> list[AnnotatedSlice]:
    image = np.random.default_rng(0).random(labels.shape)
    return annotate([Micrograph.from_array(image, "steel")], [labels], CLASSES, Normalisation())


def test_labels_of_another_shape_are_refused_with_both_shapes() -> None:
    with pytest.raises(LabelError, match=r"steel have shape \(4, 5\), the micrograph \(8, 8\)"):
        annotate([Micrograph.from_array(np.zeros((8, 8)), "steel")], [np.ones((4, 5), int)], CLASSES, Normalisation())


def test_only_slices_with_labels_are_kept() -> None:
    labels = np.zeros((3, 20, 20), int)
    labels[1, 2, 3] = 2
    assert [one.slice_index for one in annotated(labels)] == [1]


def test_no_label_and_a_single_class_are_told_apart() -> None:
    with pytest.raises(LabelError, match="No labelled pixel"):
        check_trainable(annotated(np.full((20, 20), 9)), CLASSES)
    with pytest.raises(LabelError, match="Only the class pore is labelled"):
        check_trainable(annotated(np.full((20, 20), 2)), CLASSES)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.15, 0.3, 0.5]), st.sampled_from([0.02, 0.3, 1.0]))
def test_no_pixel_is_both_trained_and_held_out(seed: int, share: float, labelled_share: float) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(1, 3, (90, 130)) * (random.random((90, 130)) < labelled_share)
    labels[0, :2] = 1, 2
    before = annotated(labels)
    training, validation = hold_out_regions(before, share, 2, seed)
    trained = training[0].indices != UNLABELLED
    held_out = validation[0].indices != UNLABELLED if validation else np.zeros_like(trained)
    assert not (trained & held_out).any()
    assert ((trained | held_out) == (before[0].indices != UNLABELLED)).all()
    for index in range(2):
        total = (before[0].indices == index).sum()
        assert ((validation[0].indices == index).sum() if validation else 0) <= total / 2


def test_enough_is_held_out_of_dense_labels() -> None:
    labels = np.random.default_rng(0).integers(1, 3, (256, 256))
    _, validation = hold_out_regions(annotated(labels), 0.15, 2, seed=0)
    assert 0.14 < (validation[0].indices != UNLABELLED).mean() < 0.25


def test_a_class_in_a_single_place_stays_in_training() -> None:
    labels = np.ones((128, 128), int)
    labels[5:8, 5:8] = 2
    training, validation = hold_out_regions(annotated(labels), 0.3, 2, seed=0)
    assert (training[0].indices == 1).sum() == 9
    assert not (validation[0].indices == 1).any()


def test_labels_on_a_databar_do_not_train() -> None:
    micrograph = Micrograph.from_array(np.zeros((40, 40)), "steel")
    micrograph = replace(micrograph, acquisition=Acquisition(databar_height=8))
    annotated = annotate([micrograph], [np.ones((40, 40), int)], CLASSES, Normalisation())
    (one,) = without_databars(annotated)
    assert (one.indices[:32] == 0).all()
    assert (one.indices[32:] == UNLABELLED).all()
    assert (one.excluded.any(axis=1) == (np.arange(40) >= 32)).all()


@pytest.mark.parametrize("factor", [1, 4])
def test_excluded_pixels_stay_excluded_at_every_scale_but_cover_no_label(factor: int) -> None:
    labels = np.zeros((16, 16), int)
    labels[6] = 1
    excluded = np.zeros((16, 16), bool)
    excluded[8:14] = excluded[7] = True
    (one,) = annotated(labels)
    (scaled,) = at_scale([replace(one, excluded=excluded)], factor, len(CLASSES), Normalisation())
    assert scaled.excluded[12 // factor].all()
    assert not (scaled.excluded & (scaled.indices != UNLABELLED)).any()
    assert (scaled.indices[6 // factor] == 0).all()


def test_values_that_are_no_class_are_unlabelled_as_0_is() -> None:
    labels = np.zeros((16, 16), int)
    labels[4] = 1
    (with_zero,), (with_255,) = annotated(labels), annotated(np.where(labels == 0, 255, labels))
    assert (with_zero.indices == with_255.indices).all()
    assert not with_255.excluded.any()
    assert labelled_share([with_255]) == pytest.approx(1 / 16)
