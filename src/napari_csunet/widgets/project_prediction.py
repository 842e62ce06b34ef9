"""Prediction of a whole project: what is open as layers, what is closed as files."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from napari.layers import Image

from napari_csunet.config import PredictionConfig
from napari_csunet.project.predicted_masks import MaskPlace, Settled, closed_masks
from napari_csunet.reports import PredictionReport, Progress
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.project_session import ProjectSession

STEPS = 1000


@dataclass(frozen=True, eq=False)
class ClosedMicrographs:
    """Those of an open project that a prediction does not take from layers.

    ``settled``: what the thread has written and nobody has taken yet. A report does not reach the window after Stop.
    """

    session: ProjectSession
    places: Sequence[MaskPlace]
    settled: deque[Settled] = field(default_factory=deque)

    @classmethod
    def of(cls, session: ProjectSession, layers: Sequence[Image]) -> ClosedMicrographs:
        """All but those that are predicted as layers."""
        return cls(session, closed_masks(session.project, lambda key: session.image(key) in layers))

    def predicted(self, path: Path, config: PredictionConfig) -> Generator[PredictionReport, None, None]:
        """In the thread: predicts and saves one after the other, with the checkpoint at ``path``."""
        for _ in load("napari_csunet.inference.project_masks"):
            pass
        from napari_csunet.checkpoint import load_checkpoint
        from napari_csunet.inference.project_masks import ClosedPrediction

        session = self.session
        closed = ClosedPrediction(load_checkpoint(path), session.project, config, lambda: not session.is_closed)
        for report in closed.reports(self.places):
            if isinstance(report, Settled):
                self.settled.append(report)
            yield report


def one_after_the_other(
    opened: Iterable[PredictionReport], count: int, closed: Iterable[PredictionReport], total: int
) -> Generator[PredictionReport, None, None]:
    """Reports on the ``count`` open micrographs and then on the closed ones, with progress through all ``total``."""
    start, done = time.monotonic(), count
    for report in opened:
        yield replace(report, progress=_progress(report.progress.share * count / total, start))
    for report in closed:
        yield replace(report, progress=_progress((done + report.progress.share) / total, start))
        done += isinstance(report, Settled)


def _progress(share: float, start: float) -> Progress:
    elapsed = time.monotonic() - start
    remaining = elapsed * (1 - share) / share if share else float("nan")
    return Progress(round(STEPS * share), STEPS, elapsed, remaining)
