"""Agreement of masks with the truth, from a confusion matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torchmetrics.functional.classification import multiclass_confusion_matrix

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.reports import ClassScore, Scores

Confusion = npt.NDArray[np.int64]
"""Pixels by true class (row) and predicted class (column)."""
Shares = npt.NDArray[np.float64]


def confusion_matrix(predicted: npt.NDArray[np.integer], truth: npt.NDArray[np.integer], class_count: int) -> Confusion:
    """Confusion of class indices of equal shape; pixels that are unlabelled in either are left out."""
    known = (predicted != UNLABELLED) & (truth != UNLABELLED)
    if class_count == 1:
        return np.array([[known.sum()]], np.int64)
    seen, true = (torch.from_numpy(indices[known].astype(np.int64)) for indices in (predicted, truth))
    matrix: Confusion = multiclass_confusion_matrix(seen, true, class_count, validate_args=False).numpy()
    return matrix


def scores_from_confusion(confusion: Confusion, classes: ClassTable) -> Scores:
    """All figures of a confusion matrix.

    Pooled IoU is one intersection over one union, all classes and pixels together, as the CS-UNet and MicroNet papers
    report; mean IoU is the mean over the classes that occur in the truth or the prediction.
    """
    right = np.diag(confusion).astype(float)
    true, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    iou, dice = iou_and_dice(confusion)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = right / predicted, right / true
    total, hits = float(confusion.sum()), float(right.sum())
    return Scores(
        pooled_iou=hits / (2 * total - hits) if total else float("nan"),
        mean_iou=float(np.nanmean(iou)) if total else float("nan"),
        accuracy=hits / total if total else float("nan"),
        per_class={
            entry.name: ClassScore(float(iou[i]), float(dice[i]), float(precision[i]), float(recall[i]), int(true[i]))
            for i, entry in classes.entries()
        },
        confusion=tuple(tuple(map(int, row)) for row in confusion),
    )


def iou_and_dice(confusion: npt.NDArray[np.integer]) -> tuple[Shares, Shares]:
    """Of each class (…, classes), from confusion matrices (…, classes, classes); NaN for an absent class."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return right / (both - right), 2 * right / both
