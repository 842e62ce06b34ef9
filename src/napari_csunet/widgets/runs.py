"""What a checkpoint tells of the fine-tuning that made it, read in a thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_csunet.errors import CSUNetError
from napari_csunet.reports import Scores
from napari_csunet.training.kept_scores import kept_scores
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.models import model_label

if TYPE_CHECKING:
    from napari_csunet.checkpoint import Provenance

TOGETHER_S = 1.0
"""Runs that are read within this time are reported together, so that the table is not filled a hundred times."""


@dataclass(frozen=True, eq=False)
class Run:
    """One fine-tuning. ``judged_by`` is equal for two runs that were judged by the same pixels.

    iou: of each class by its name. scores: None if it was not judged, or made by an earlier version. measured_on: where
    the judged labels lie. labels: SHA-256 of the labels of each micrograph. problem: why it cannot be used.
    """

    path: Path
    minutes: float | None = None
    classes: tuple[str, ...] = ()
    mean_iou: float | None = None
    iou: Mapping[str, float] | None = None
    labels: Mapping[str, str] | None = None
    judged_by: tuple[Any, ...] = ()
    colours: Mapping[str, str] | None = None
    scores: Scores | None = None
    measured_on: str = ""
    problem: str = ""

    @property
    def label(self) -> str:
        """Such as "alloy, today 14:02 (mean IoU 0.91)"."""
        return model_label(self.path) + ("" if self.mean_iou is None else f" (mean IoU {self.mean_iou:.2f})")

    def learnt_from(self, micrographs: Sequence[str]) -> bool:
        """Whether it was trained on one of these, by name."""
        return any(name in (self.labels or {}) for name in micrographs)


def read_runs(paths: Sequence[Path]) -> Generator[tuple[Run, ...], None, None]:
    """Yields runs as they are read; nothing that is wrong with one file keeps the others from being read."""
    deque(load("napari_csunet.checkpoint"), maxlen=0)
    some: list[Run] = []
    since = time.monotonic()
    for path in paths:
        some.append(_read(path))
        if time.monotonic() - since > TOGETHER_S:
            yield tuple(some)
            some, since = [], time.monotonic()
    yield tuple(some)


def _read(path: Path) -> Run:
    from napari_csunet.checkpoint import read_provenance

    try:
        return _run_of(path, read_provenance(path))
    except (CSUNetError, OSError) as error:
        return Run(path, problem=str(error))


def _run_of(path: Path, told: Provenance) -> Run:
    seconds = told.history[-1].get("seconds") if told.history else None
    where = told.metrics.get("measured_on", "")
    return Run(
        path,
        None if seconds is None else seconds / 60,
        told.classes.class_names,
        told.metrics.get("mean_iou"),
        told.metrics.get("iou", {}),
        told.label_sha256,
        (where, told.reduction, told.training.seed, told.training.validation_share, told.label_sha256),
        dict(zip(told.classes.class_names, told.classes.colours, strict=True)),
        kept_scores(told.metrics),
        where,
    )
