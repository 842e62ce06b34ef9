"""Agreement of predicted masks with the truth, micrograph by micrograph and over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.errors import LabelError, MicrographError
from napari_csunet.micrographs.pairing import pairing_key
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.reports import Scores
from napari_csunet.training.metrics import Confusion, confusion_matrix, scores_from_confusion


@dataclass(frozen=True, eq=False)
class Agreement:
    """Scores over all micrographs and of each, and the confusion matrix: true class (row), predicted class (column)."""

    scores: Scores
    confusion: Confusion
    by_micrograph: dict[str, Scores]


def agreement(pairs: Sequence[tuple[Path, Path]], classes: ClassTable) -> Agreement:
    """Compares predicted with true mask files. Raises CSUNetError if shapes differ or no class is in both."""
    confusions = {pairing_key(truth): _confusion(predicted, truth, classes) for predicted, truth in pairs}
    total: Confusion = np.sum(list(confusions.values()), axis=0)
    if not total.sum():
        listed = ", ".join(f"{entry.value} ({entry.name})" for entry in classes.classes)
        raise LabelError(
            f"Predictions and truth share no pixel of the classes {listed}. Give the class table with --classes."
        )
    by_micrograph = {name: scores_from_confusion(one, classes) for name, one in confusions.items()}
    return Agreement(scores_from_confusion(total, classes), total, by_micrograph)


def classes_of(paths: Sequence[Path]) -> ClassTable:
    """Table of every value above 0 that occurs in mask files."""
    return ClassTable.from_labels(read_labels(path) for path in paths)


def _confusion(predicted_path: Path, truth_path: Path, classes: ClassTable) -> Confusion:
    predicted, truth = read_labels(predicted_path), read_labels(truth_path)
    if predicted.shape != truth.shape:
        raise MicrographError(
            f"{predicted_path} has shape {predicted.shape}, {truth_path} {truth.shape}. "
            "Compare masks of the same micrograph."
        )
    indices = classes.to_indices(predicted)
    if (indices == UNLABELLED).all():
        raise LabelError(
            f"{predicted_path} holds none of the classes {', '.join(classes.class_names)}. Check --classes."
        )
    return confusion_matrix(indices, classes.to_indices(truth), len(classes))
