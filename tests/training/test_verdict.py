"""The verdict says in plain words what was reached, what is weak, and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import AnnotatedSet, annotate
from napari_csunet.training.metrics import scores_from_confusion
from napari_csunet.training.verdict import verdict

CLASSES = ClassTable.parse("1=matrix,2=crack")
COUNTS = np.array([9000, 212])


def labelled(share: float) -> AnnotatedSet:
    labels = (np.random.default_rng(0).random((100, 100)) < share).astype(np.uint8)
    slices = annotate(
        [Micrograph.from_array(np.random.default_rng(1).random((100, 100)))], [labels], CLASSES, Normalisation()
    )
    return AnnotatedSet(slices, slices, CLASSES, "held-out regions")


def test_a_class_that_is_never_right_is_named_with_its_labels() -> None:
    scores = scores_from_confusion(np.array([[90, 0], [10, 0]]), CLASSES)
    assert "crack is never predicted right; it has 212 labelled pixels" in verdict(scores, (), labelled(1), COUNTS)


@pytest.mark.parametrize(("hits", "word"), [(99, "Good"), (90, "Usable"), (60, "Weak")])
def test_dense_labels_give_a_grade(hits: int, word: str) -> None:
    scores = scores_from_confusion(np.array([[hits, 100 - hits], [100 - hits, hits]]), CLASSES)
    assert verdict(scores, (), labelled(1), COUNTS).startswith(word)


def test_strokes_give_no_grade_but_a_warning() -> None:
    scores = scores_from_confusion(np.array([[99, 1], [1, 99]]), CLASSES)
    words = verdict(scores, (), labelled(0.02), COUNTS)
    assert "Good" not in words
    assert "Strokes seldom touch edges" in words


def test_a_rising_curve_asks_for_more_minutes() -> None:
    scores = scores_from_confusion(np.array([[99, 1], [1, 99]]), CLASSES)
    history = [{"mean_iou": value} for value in (0.5, 0.6, 0.7, 0.8)]
    assert "give it more minutes" in verdict(scores, history, labelled(1), COUNTS)


def test_without_scores_it_says_why() -> None:
    assert "too few labels" in verdict(None, (), labelled(1), COUNTS)
