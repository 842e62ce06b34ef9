"""Scores against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.training.metrics import confusion_matrix, scores_from_confusion

CLASSES = ClassTable.parse("0=matrix,1=pore,2=crack")


def test_rows_are_the_truth_and_unlabelled_pixels_do_not_count() -> None:
    predicted = np.array([0, 1, 1, UNLABELLED, 2], np.int16)
    truth = np.array([0, 0, 1, 1, UNLABELLED], np.int16)
    assert confusion_matrix(predicted, truth, 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_scores_of_a_known_confusion() -> None:
    scores = scores_from_confusion(np.array([[6, 2, 0], [1, 1, 0], [0, 0, 0]]), CLASSES)
    assert scores.accuracy == pytest.approx(0.7)
    assert scores.pooled_iou == pytest.approx(7 / 13)
    assert scores.per_class["matrix"].iou == pytest.approx(6 / 9)
    assert scores.per_class["pore"].dice == pytest.approx(2 / 5)
    assert math.isnan(scores.per_class["crack"].iou)
    assert scores.mean_iou == pytest.approx((6 / 9 + 1 / 4) / 2)


def test_pooled_iou_is_accuracy_over_two_minus_accuracy() -> None:
    confusion = np.random.default_rng(0).integers(1, 100, (3, 3))
    scores = scores_from_confusion(confusion, CLASSES)
    assert scores.pooled_iou == pytest.approx(scores.accuracy / (2 - scores.accuracy))
