"""Progress bars on stderr, so that stdout carries the result alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Protocol, TypeVar

from tqdm import tqdm

from napari_csunet.reports import PredictionReport, Progress, TrainingReport

WITH_TIME_LEFT = "{desc} {percentage:3.0f}% |{bar:30}| {postfix}"


class HasProgress(Protocol):
    """Any report."""

    @property
    def progress(self) -> Progress: ...


Report = TypeVar("Report", bound=HasProgress)


def with_progress_bar(reports: Iterable[Report], title: str) -> Iterator[Report]:
    """Passes reports through and shows them: share done, time left, loss and IoU, and every message on a line."""
    iterator = iter(reports)
    first = next(iterator)  # an error before any report leaves no empty bar
    with tqdm(total=1.0, desc=title, bar_format=WITH_TIME_LEFT, file=sys.stderr) as bar:
        notes: dict[str, str] = {}
        for report in chain((first,), iterator):
            _remember(report, notes)
            _write_message(report)
            bar.n = report.progress.share
            bar.set_postfix_str(", ".join([report.progress.time_left or "estimating the time left", *notes.values()]))
            yield report


def _remember(report: HasProgress, notes: dict[str, str]) -> None:
    if isinstance(report, PredictionReport):
        notes["name"] = report.name
    if isinstance(report, TrainingReport):
        notes.pop("doing", None)
        if report.kind == "download":
            notes["doing"] = "downloading the encoder weights"
        if report.kind == "step":
            notes["loss"] = f"loss {report.loss:.3f}"
        if report.scores is not None:
            notes["iou"] = f"mean IoU {report.scores.mean_iou:.3f}"


def _write_message(report: HasProgress) -> None:
    message = getattr(report, "message", "")
    if message:
        tqdm.write(message, file=sys.stderr)
