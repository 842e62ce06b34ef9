"""Would one more labelled micrograph help? The instant answer learns from 1, 2, … of them and is judged by the rest.

A learning curve (Figueroa et al., BMC Med. Inform. Decis. Mak. 12 (2012) 8) over the frozen features of the bundled
weights.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
import torch

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.label_curve_reports import FEWEST, CurvePoint, LabelCurve, LabelCurveReport
from napari_csunet.inference.labelled_points import Points, labelled_points
from napari_csunet.inference.pixel_classifier import PixelClassifier, train_classifier
from napari_csunet.inference.pixel_features import PixelFeatures, SliceLook, feature_network
from napari_csunet.micrographs.reduction import reduced_indices
from napari_csunet.reports import Progress
from napari_csunet.training.metrics import Confusion, confusion_matrix, scores_from_confusion

MOST_MICROGRAPHS = 8
MOST_SLICES = 3
"""Of one micrograph."""
MOST_JUDGED = 10_000
"""Labelled pixels of a slice, drawn at random."""
ORDERS = 6
"""At least so many orders in which micrographs are added."""

Indices = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class _Seen:
    """What is learnt from a micrograph and by which it is judged: a part of its labelled pixels each."""

    learnt: Points
    judged: Points


class _Clock:
    """Counts pieces of work of about equal length."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._start = total, 0, time.monotonic()

    def after_one(self) -> LabelCurveReport:
        self._done += 1
        return LabelCurveReport(self.progress())

    def progress(self) -> Progress:
        elapsed = time.monotonic() - self._start
        return Progress(self._done, self._total, elapsed, elapsed * (self._total - self._done) / self._done)


def label_curve(
    micrographs: Sequence[LabelledMicrograph], classes: ClassTable, device: str = "auto"
) -> Generator[LabelCurveReport, None, None]:
    """A report after each slice that is looked at and each classifier, and a last one with the curve.

    Of more than ``MOST_MICROGRAPHS`` labelled ones some are drawn. Raises LabelError if fewer than two are labelled,
    or if none of them shows two classes.
    """
    labelled = _labelled(micrographs, classes)
    rounds = training_sets(len(labelled))
    clock = _Clock(sum(len(indices) for _, indices in labelled) + sum(map(len, rounds)))
    seen: list[_Seen] = []
    for one, slices in labelled:
        parts = []
        for part in _looked_at(one, slices, len(classes), device):
            parts.append(part)
            yield clock.after_one()
        seen.append(_together(parts))
    points = []
    for size, learnt_from in enumerate(rounds, start=1):
        confusion = np.zeros((len(classes), len(classes)), np.int64)
        for chosen, times in learnt_from.items():
            confusion += times * _judged(seen, chosen, len(classes))
            yield clock.after_one()
        if confusion.any():
            points.append(CurvePoint(size, scores_from_confusion(confusion, classes).mean_iou))
    if not points:
        raise LabelError("No labelled micrograph shows two classes. Paint a second class where one is painted.")
    yield LabelCurveReport(clock.progress(), LabelCurve(tuple(points), len(labelled)))


def training_sets(count: int) -> list[Counter[tuple[int, ...]]]:
    """For 1, 2, … ``count`` - 1 micrographs the sets to learn from, and how often: the beginnings of random orders.

    Of each order all its turns are taken, so that every micrograph is learnt from, and judged, equally often.
    """
    random = np.random.default_rng(0)
    orders = [random.permutation(count) for _ in range(ceil(ORDERS / count))]
    turned = [np.roll(order, turn) for order in orders for turn in range(count)]
    return [Counter(tuple(sorted(map(int, order[:size]))) for order in turned) for size in range(1, count)]


def _labelled(
    micrographs: Sequence[LabelledMicrograph], classes: ClassTable
) -> list[tuple[LabelledMicrograph, dict[int, Indices]]]:
    """Labelled micrographs, as many as are affordable, with the class indices (h, w) of labelled slices."""
    found = [(one, _labelled_slices(classes.to_indices(np.asarray(one.labels)))) for one in micrographs]
    found = [(one, slices) for one, slices in found if slices]
    if len(found) < FEWEST:
        raise LabelError("Two labelled micrographs are needed to tell whether one more would help. Label a second one.")
    chosen = np.random.default_rng(0).permutation(len(found))[:MOST_MICROGRAPHS]
    return [found[i] for i in sorted(chosen)]


def _labelled_slices(indices: Indices) -> dict[int, Indices]:
    planes = indices if indices.ndim == 3 else indices[None]
    numbers = np.flatnonzero((planes != UNLABELLED).any(axis=(1, 2)))
    if len(numbers) > MOST_SLICES:
        numbers = numbers[np.linspace(0, len(numbers) - 1, MOST_SLICES).round().astype(int)]
    return {int(number): planes[number] for number in numbers}


def _looked_at(one: LabelledMicrograph, slices: dict[int, Indices], class_count: int, device: str) -> Iterator[_Seen]:
    """What is kept of each slice; its feature maps are not."""
    micrograph, random = one.read(), np.random.default_rng(0)
    for number, indices in slices.items():
        look = SliceLook(micrograph, number, feature_network(device))
        while (features := look.step()) is None:
            pass
        learnt = labelled_points(features, indices, class_count, random)
        yield _Seen(learnt, _judged_points(features, indices, class_count, random))


def _judged_points(features: PixelFeatures, indices: Indices, class_count: int, random: np.random.Generator) -> Points:
    """At labelled pixels, each class with its share among them."""
    painted = reduced_indices(indices, features.factor, class_count)
    places = np.argwhere(painted != UNLABELLED)
    if len(places) > MOST_JUDGED:
        places = random.choice(places, MOST_JUDGED, replace=False)
    rows, columns = torch.from_numpy(places).T
    return features.at(rows, columns), torch.from_numpy(painted[places[:, 0], places[:, 1]].astype(np.int64))


def _together(parts: Sequence[_Seen]) -> _Seen:
    return _Seen(_joined([part.learnt for part in parts]), _joined([part.judged for part in parts]))


def _joined(points: Sequence[Points]) -> Points:
    x, y = (torch.cat(some) for some in zip(*points, strict=True))
    return x, y


def _judged(seen: Sequence[_Seen], chosen: tuple[int, ...], class_count: int) -> Confusion:
    """Learns from the chosen micrographs; how it does on the others. Nothing if those show a single class."""
    confusion: Confusion = np.zeros((class_count, class_count), np.int64)
    x, y = _joined([seen[i].learnt for i in chosen])
    if len(torch.unique(y)) < 2:
        return confusion
    classifier = train_classifier(x, y)
    for one in (one for i, one in enumerate(seen) if i not in chosen):
        features, truth = one.judged
        confusion += confusion_matrix(_found(classifier, features), truth.numpy(), class_count)
    return confusion


def _found(classifier: PixelClassifier, features: torch.Tensor) -> Indices:
    best = classifier.of_points(features.T.contiguous()).argmax(dim=0)
    found: Indices = classifier.classes[best].numpy().astype(np.int16)
    return found
