"""Judging by leaving one out: each labelled micrograph is predicted by a network that learnt from the others.

Leave-one-out cross-validation: Stone, J. R. Stat. Soc. B 36 (1974) 111. No label of the micrograph that is left out
trains, or chooses the state that is kept.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.checkpoint import load_checkpoint
from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.config import PredictionConfig, TrainingConfig
from napari_csunet.errors import LabelError
from napari_csunet.inference.prediction import predict_stream
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.reports import Progress, Scores
from napari_csunet.training.fine_tuning import fine_tune
from napari_csunet.training.leave_one_out_reports import LeaveOneOutReport, LeftOut, check_count, time_told
from napari_csunet.training.metrics import confusion_matrix, scores_from_confusion

TRAINING_SHARE = 0.95
"""Of the progress of one round; the rest is its prediction."""


@dataclass(frozen=True, eq=False)
class _Labelled:
    """A micrograph and its labels, (slices, h, w)."""

    micrograph: Micrograph
    labels: npt.NDArray[Any]


class _Clock:
    """Progress over ``count`` rounds."""

    def __init__(self, count: int, minutes: float | None) -> None:
        self._count = count
        self._planned_s = float("nan") if minutes is None else 60 * count * minutes
        self._start = time.monotonic()

    def at(self, done: float) -> Progress:
        """``done``: rounds, with the part of the present one."""
        elapsed, share = time.monotonic() - self._start, done / self._count
        remaining = elapsed * (1 - share) / share if share > 0.02 else self._planned_s - elapsed
        return Progress(round(1000 * done), 1000 * self._count, elapsed, max(0.0, remaining))


def leave_one_out(
    micrographs: Sequence[Micrograph],
    labels: Sequence[npt.NDArray[Any]],
    classes: ClassTable,
    config: TrainingConfig | None = None,
) -> Generator[LeaveOneOutReport, None, None]:
    """Fine-tunes as often as there are labelled micrographs, 2 to 6; checkpoints are temporary.

    labels: one integer array for each micrograph, (h, w) or (slices, h, w). May be stopped between two reports. Raises
    LabelError if there are too few or too many, or if without one of them fewer than two classes are labelled.
    """
    config = config or TrainingConfig()
    queue = _labelled(micrographs, labels, classes)
    check_count(len(queue))
    _check_classes(queue, classes)
    clock = _Clock(len(queue), None if config.steps is not None else config.minutes)
    results: tuple[LeftOut, ...] = ()
    yield LeaveOneOutReport(clock.at(0), queue[0].micrograph.name, message=f"{time_told(len(queue), config)}.")
    for number, one in enumerate(queue):
        name, others = one.micrograph.name, queue[:number] + queue[number + 1 :]
        with closing(_judged(one, others, classes, config)) as judging:
            while True:
                try:
                    share = next(judging)
                except StopIteration as end:
                    results = (*results, LeftOut(name, end.value))
                    break
                yield LeaveOneOutReport(clock.at(number + share), name, results)
        yield LeaveOneOutReport(clock.at(number + 1), name, results, is_final=number + 1 == len(queue))


def _labelled(
    micrographs: Sequence[Micrograph], labels: Sequence[npt.NDArray[Any]], classes: ClassTable
) -> list[_Labelled]:
    """Those on which a class is painted."""
    pairs = [
        _Labelled(micrograph, np.asarray(array).reshape(-1, *np.shape(array)[-2:]))
        for micrograph, array in zip(micrographs, labels, strict=True)
    ]
    return [one for one in pairs if np.isin(one.labels, classes.values).any()]


def _check_classes(queue: Sequence[_Labelled], classes: ClassTable) -> None:
    found = [{value for value in classes.values if (one.labels == value).any()} for one in queue]
    for number, one in enumerate(queue):
        left: set[int] = set().union(*found[:number], *found[number + 1 :])
        if len(left) < 2:
            raise LabelError(
                f"Without {one.micrograph.name}, fewer than two classes are labelled. Label more on the others."
            )


def _judged(
    one: _Labelled, others: Sequence[_Labelled], classes: ClassTable, config: TrainingConfig
) -> Generator[float, None, Scores]:
    """Learns from the others and predicts this one; yields the share that is done."""
    with TemporaryDirectory(prefix="napari-csunet-") as folder:
        path = Path(folder) / "left one out.csunet.safetensors"
        micrographs, labels = [other.micrograph for other in others], [_as_given(other) for other in others]
        with closing(fine_tune(micrographs, labels, classes, config, out=path)) as training:
            for report in training:
                yield TRAINING_SHARE * report.progress.share
        return (yield from _scores(path, one, config))


def _as_given(one: _Labelled) -> npt.NDArray[Any]:
    return one.labels.reshape(one.labels.shape if one.micrograph.is_stack else one.labels.shape[-2:])


def _scores(path: Path, one: _Labelled, config: TrainingConfig) -> Generator[float, None, Scores]:
    """Of the mask that a checkpoint makes of the labelled slices of a micrograph."""
    checkpoint = load_checkpoint(path)
    truth = checkpoint.classes.to_indices(one.labels)
    slices = np.flatnonzero((truth != UNLABELLED).any(axis=(1, 2)))
    shown = replace(one.micrograph, pixels=one.micrograph.pixels[slices], is_stack=True)
    settings = PredictionConfig(device=config.device, exclude_databar=config.exclude_databar)
    confusion = np.zeros((len(checkpoint.classes), len(checkpoint.classes)), np.int64)
    for report in predict_stream(checkpoint, [shown], settings):
        if report.prediction is not None:
            found = checkpoint.classes.to_indices(report.prediction.mask)
            confusion = confusion_matrix(found, truth[slices], len(checkpoint.classes))
        yield TRAINING_SHARE + (1 - TRAINING_SHARE) * report.progress.share
    return scores_from_confusion(confusion, checkpoint.classes)
