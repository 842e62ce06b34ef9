"""What judging by leaving one micrograph out reports. Knows no torch and no window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from napari_csunet.config import TrainingConfig
from napari_csunet.errors import LabelError
from napari_csunet.reports import Progress, Scores

FEWEST, MOST = 2, 6
"""Labelled micrographs: with one nothing would be left to learn from, with more some can be kept to judge by."""


@dataclass(frozen=True, eq=False)
class LeftOut:
    """How well the labels of a micrograph were predicted by a network that never saw it."""

    name: str
    scores: Scores


@dataclass(frozen=True, eq=False)
class LeaveOneOutReport:
    """One moment: ``name`` is left out now, ``results`` are those that are known. is_final: all of them are."""

    progress: Progress
    name: str
    results: tuple[LeftOut, ...] = ()
    message: str = ""
    is_final: bool = False


def mean_and_spread(results: Sequence[LeftOut]) -> tuple[float, float]:
    """Mean of the mean IoU over micrographs, and its standard deviation from one micrograph to another."""
    values = [one.scores.mean_iou for one in results]
    return fmean(values), stdev(values) if len(values) > 1 else float("nan")


def time_told(count: int, config: TrainingConfig) -> str:
    """How long it will take, such as "3 trainings of 5 min each: about 15 min"."""
    if config.steps is not None or config.minutes is None:
        return f"{count} trainings of {config.steps} steps each"
    return f"{count} trainings of {config.minutes:g} min each: about {count * config.minutes:.3g} min"


def check_count(count: int) -> None:
    """Raises LabelError for too few or too many labelled micrographs."""
    if count < FEWEST:
        raise LabelError("Leaving one out needs two labelled micrographs or more. Label a second one.")
    if count > MOST:
        raise LabelError(
            f"Leaving out each of {count} micrographs would take {count} trainings. "
            f"With more than {MOST}, keep some of them to judge by instead (validation)."
        )
