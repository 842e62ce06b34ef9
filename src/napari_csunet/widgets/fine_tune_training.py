"""The training of the Fine-tune panel: how it begins, what is shown of it, and what is said when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal

from napari_csunet.config import TrainingConfig
from napari_csunet.errors import first_message
from napari_csunet.reports import TrainingReport
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.fine_tune_selection import Selection
from napari_csunet.widgets.joining_strokes import JoiningStrokes
from napari_csunet.widgets.models import new_model_path
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts
from napari_csunet.widgets.training_run import TrainingRun


class TrainingSection(QObject):
    """``begins`` comes with the path of the checkpoint to be, before the work; ``ended`` when all is over.

    ``changed``: the buttons may have to look different. ``waiting``: which painted classes the last training does not
    have, as a sentence; empty if it has all.
    """

    begins = Signal(object)
    ended = Signal()
    changed = Signal()

    def __init__(self, viewer: Viewer, panel: FineTuneLayout, opened: OpenMicrographs, selection: Selection) -> None:
        super().__init__()
        self._panel, self._open, self._selection = panel, opened, selection
        self._failed = self._is_prepared = False
        self.waiting = ""
        self._joining: JoiningStrokes | None = None
        self.run = TrainingRun(viewer)
        self.run.reported.connect(self._on_run_reported)
        self.run.failed.connect(self._on_run_failed)
        self.run.ended.connect(self._on_run_ended)
        panel.stop.clicked.connect(self._on_stop_clicked)

    def start(self, counts: Counts, start_from: Path | None) -> None:
        """Trains a new network, or goes on from a checkpoint; ``counts`` are the painted pixels."""
        config = self._config()
        if config is None:
            return
        classes, material = self._panel.classes.value(), self._selection.material(counts)
        out = new_model_path(self._selection.name(counts))
        self._failed = self._is_prepared = False
        self.waiting = ""
        self.begins.emit(out)
        self._panel.begin(classes)
        self._joining = JoiningStrokes(self._open, material.layers, counts)
        self.run.start(material, classes, config, out, start_from, self._joining.changes)
        self.changed.emit()

    def join(self, counts: Counts) -> None:
        """What is painted has been counted again: new strokes train from now on, those of new classes must wait."""
        if self._joining is None:
            return
        if self.run.is_running:
            self._joining.refresh(counts)
        names = {entry.value: entry.name for entry in self._panel.classes.value().classes}
        waiting = [names[value] for value in self._joining.waiting(counts) if value in names]
        before, self.waiting = self.waiting, told_to_wait(waiting, is_running=self.run.is_running)
        if self.waiting != before:
            self.changed.emit()

    def _config(self) -> TrainingConfig | None:
        try:
            config: TrainingConfig = self._panel.form.value()
        except ValueError as error:
            self._panel.status.say(f"The settings do not fit together: {first_message(error)}.")
            return None
        return config

    def _on_stop_clicked(self) -> None:
        self.run.stop()
        self.changed.emit()

    def _on_run_reported(self, report: TrainingReport) -> None:
        self._is_prepared |= report.kind == "started"
        if report.kind == "notice" and not self._is_prepared:
            self._panel.show_preparation(report.progress)
        else:
            self._panel.show_progress(report.progress)
        self._panel.curve.add(report)
        if report.message:
            self._panel.status.say(report.message)

    def _on_run_failed(self, error: Exception) -> None:
        self._failed = True
        self._panel.status.say_error(error)

    def _on_run_ended(self) -> None:
        saved = self.run.saved
        self._panel.end(saved, len(self._open.layers()))
        if self.run.is_stopping and not self._failed:
            kept = "The best state so far is kept." if saved else "Nothing was learnt yet."
            self._panel.status.say(f"Stopped. {kept}")
        self.run.is_stopping = False
        self.ended.emit()
        self.changed.emit()


def told_to_wait(classes: Sequence[str], *, is_running: bool) -> str:
    """That a training does not have these classes, and what to do; empty if there are none."""
    if not classes:
        return ""
    some = " and ".join(filter(None, (", ".join(classes[:-1]), classes[-1])))
    if is_running:
        return (
            f"What you paint as {some} waits for the next training, because this one began without it: "
            "when it has ended, or after Stop, click Continue or Fine-tune."
        )
    return f"The last training began without {some}: click Continue or Fine-tune to learn what you painted of it."
