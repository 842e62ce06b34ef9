"""What a finished fine-tuning means, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.reports import Scores
from napari_csunet.training.annotated import AnnotatedSet

GOOD_IOU = 0.9
WEAK_IOU = 0.7
STILL_RISING = 0.01
SPARSE = 0.05
"""Share of validated pixels below which labels are strokes."""


def verdict(
    scores: Scores | None, history: Sequence[dict[str, float]], labelled: AnnotatedSet, counts: npt.NDArray[np.int64]
) -> str:
    """Sentences about quality, the weakest class and what to do next; ``counts``: training pixels of each class."""
    classes = labelled.classes
    if scores is None:
        return (
            "Quality was not measured: too few labels to hold some out. "
            "Look at the mask, and label more where it is wrong."
        )
    sentences = [
        _overall(scores, labelled),
        *_unlabelled(classes, counts),
        *_weakest(scores, classes, counts),
    ]
    if _is_rising(history):
        sentences.append("It was still improving: give it more minutes.")
    return " ".join(sentences)


def _overall(scores: Scores, labelled: AnnotatedSet) -> str:
    figure = f"mean IoU {scores.mean_iou:.2f} on {labelled.measured_on}, by which the best state was chosen"
    if _labelled_share(labelled) < SPARSE:
        return f"{figure[0].upper()}{figure[1:]}. Strokes seldom touch edges: whole masks are worse, so look at them."
    word = "Good" if scores.mean_iou >= GOOD_IOU else "Usable" if scores.mean_iou >= WEAK_IOU else "Weak"
    return f"{word}: {figure}."


def _labelled_share(labelled: AnnotatedSet) -> float:
    known = sum(np.count_nonzero(one.indices != UNLABELLED) for one in labelled.validation)
    return known / max(1, sum(one.indices.size for one in labelled.validation))


def _unlabelled(classes: ClassTable, counts: npt.NDArray[np.int64]) -> list[str]:
    names = [entry.name for index, entry in classes.entries() if not counts[index]]
    return [f"The class {name} has no label, so it is never predicted." for name in names]


def _weakest(scores: Scores, classes: ClassTable, counts: npt.NDArray[np.int64]) -> list[str]:
    scored = {name: score.iou for name, score in scores.per_class.items() if np.isfinite(score.iou)}
    unscored = [e.name for i, e in classes.entries() if counts[i] and not scores.per_class[e.name].pixels]
    sentences = [f"{name} could not be scored: label it in a second place." for name in unscored]
    if not scored:
        return sentences
    name = min(scored, key=lambda key: scored[key])
    pixels = int(counts[classes.class_names.index(name)])
    if scored[name] == 0:
        sentences.append(f"{name} is never predicted right; it has {pixels:,} labelled pixels: label more of it.")
    elif scored[name] < WEAK_IOU:
        sentences.append(
            f"{name} is the weakest class (IoU {scored[name]:.2f}, {pixels:,} labelled pixels): label more of it."
        )
    return sentences


def _is_rising(history: Sequence[dict[str, float]]) -> bool:
    values = [entry["mean_iou"] for entry in history if np.isfinite(entry.get("mean_iou", np.nan))]
    return len(values) >= 4 and values[-1] - values[-3] > STILL_RISING
