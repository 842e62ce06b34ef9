"""One fine-tuning of the window: an overlay to watch, the thread, and what is left when it ends."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

from napari.components import ViewerModel
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.reports import Preview, TrainingReport
from napari_csunet.training.labelling import Changes
from napari_csunet.widgets.activity import Activity
from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.engine import preview_with
from napari_csunet.widgets.fine_tune_work import fine_tune_layers
from napari_csunet.widgets.handover import Handover
from napari_csunet.widgets.models import finished_model
from napari_csunet.widgets.previews import Previews
from napari_csunet.widgets.training_material import TrainingMaterial

PREVIEW_MS = 2000
ENOUGH_IOU, ENOUGH_STEPS = 0.5, 30
"""A network whose validation or age is beyond these takes the place of an instant answer on screen."""
DRAWING_MS = 30
"""Time for the window to draw what has changed, before a thread takes the processor."""


class TrainingRun(QObject):
    """``reported`` and ``failed`` as of a Background; ``ended`` once all is over and ``checkpoint`` has its name."""

    reported = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._is_starting = self._is_judged = False
        self.is_stopping = False
        self.checkpoint: Path | None = None  # where the training writes, whether it has written yet or not
        self._device = "auto"
        self._previews: Previews | None = None
        self._handover = Handover(lambda report: report.preview is not None)
        self._training, self._final = Background(), Background()
        self._activity = Activity("Fine-tune", self.stop)
        self._timer = QTimer(self)
        self._timer.setInterval(PREVIEW_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._training.reported.connect(self._on_training_reported)
        self._training.failed.connect(self.failed)
        self._training.finished.connect(self._on_training_finished)
        self._final.reported.connect(self._on_final_reported)

    @property
    def is_running(self) -> bool:
        return self._is_starting or self._training.is_running

    @property
    def saved(self) -> Path | None:
        """The checkpoint, if it has been written."""
        return self.checkpoint if self.checkpoint is not None and self.checkpoint.is_file() else None

    def start(
        self,
        material: TrainingMaterial,
        classes: ClassTable,
        config: TrainingConfig,
        out: Path,
        start_from: Path | None,
        changes: Changes,
    ) -> None:
        """Returns at once; the overlay and the thread come in the next turns of the event loop.

        changes: where labels come that change while it runs.
        """
        self._final.stop()
        self.checkpoint, self._device = out, config.device
        self._is_starting, self._is_judged, self.is_stopping = True, False, False
        self._previews = Previews(self._viewer, material.layers, classes)
        reports = fine_tune_layers(material, classes, config, out, start_from, changes)
        QTimer.singleShot(DRAWING_MS, partial(self._make_overlay, self._previews, reports))

    def stop(self) -> None:
        self.is_stopping = True
        self._training.stop()
        self._handover.taken()

    def stop_showing(self) -> None:
        """Something else needs the processor now."""
        self._final.stop()

    def close(self, seconds: float) -> bool:
        """Ends every thread, see ``end_all``."""
        self._is_starting = False
        self._timer.stop()
        self._activity.end()
        self._handover.end()
        return end_all((self._training, self._final), seconds)

    def _make_overlay(self, previews: Previews, reports: Generator[TrainingReport, Any, None]) -> None:
        if self._is_starting:
            previews.begin()
            self._activity.begin()
            QTimer.singleShot(DRAWING_MS, partial(self._start_thread, reports))

    def _start_thread(self, reports: Generator[TrainingReport, Any, None]) -> None:
        if not self._is_starting:
            return
        self._is_starting = False
        if self.is_stopping:
            self._on_training_finished()
            return
        self._training.start(self._handover.passing, reports)
        self._timer.start()

    def _on_timer_timeout(self) -> None:
        request = self._previews.request() if self._previews is not None else None
        if request is not None:
            self._training.send(request)

    def _on_training_reported(self, report: TrainingReport) -> None:
        self._is_judged |= report.scores is not None or report.kind == "finished"
        self._activity.show(report.progress)
        if self._previews is not None and knows_enough(report):
            self._previews.take_over()
        if report.preview is not None and self._previews is not None:
            self._previews.show(report.preview)
            QTimer.singleShot(DRAWING_MS, self._handover.taken)
        self.reported.emit(report)

    def _on_training_finished(self) -> None:
        self._timer.stop()
        self._activity.end()
        if self.saved is not None and self._is_judged:
            self.checkpoint = finished_model(self.saved)
        self._show_what_was_learnt()
        self.ended.emit()

    def _show_what_was_learnt(self) -> None:
        """Leaves the overlay of the kept network on screen, until a prediction takes its place."""
        if self._previews is None:
            return
        request = self._previews.request()
        if self.saved is None:
            self._previews.hide()
        elif request is not None and not self._final.is_running:
            self._final.start(preview_with, self.saved, self._previews.source_of(request), request, self._device)

    def _on_final_reported(self, preview: Preview) -> None:
        if self._previews is not None:
            self._previews.show(preview)


def knows_enough(report: TrainingReport) -> bool:
    """Whether a preview may take the place of an instant answer."""
    return report.step >= ENOUGH_STEPS or (report.scores is not None and report.scores.mean_iou > ENOUGH_IOU)
