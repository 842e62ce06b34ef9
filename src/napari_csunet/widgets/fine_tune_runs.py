"""The history of runs in the Fine-tune panel, and what the Predict panel has to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from napari_csunet.widgets.background import Background
from napari_csunet.widgets.docking import docked
from napari_csunet.widgets.model_combo import ModelCombo
from napari_csunet.widgets.run_history import RunHistory
from napari_csunet.widgets.run_history_view import RunHistoryView
from napari_csunet.widgets.runs import Run


class RunSection(QObject):
    """``changed``: other runs, or another one is current. The current run is the model that Predict has chosen."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, owner: QWidget, view: RunHistoryView) -> None:
        super().__init__()
        self._owner, self._view = owner, view
        self._history = RunHistory()
        self._followed: ModelCombo | None = None
        self._history.changed.connect(self._on_history_changed)
        self._history.failed.connect(self.failed)
        view.opened.connect(self._on_view_opened)
        view.current_wanted.connect(self.make_current)
        view.removal_wanted.connect(self._on_removal_wanted)

    @property
    def background(self) -> Background:
        """The thread that reads."""
        return self._history.background

    def stop(self) -> None:
        self._history.stop()

    def look_up(self) -> None:
        """Looks for new runs, and for a Predict panel that was opened meanwhile."""
        self._follow_predict()
        self._history.look_up()

    def leave_out(self, path: Path | None) -> None:
        """What a training is writing is no run yet."""
        self._history.left_out = path

    def to_continue(self, micrographs: Sequence[str]) -> Run | None:
        return self._history.to_continue(micrographs)

    def chosen(self) -> Run | None:
        """What was made current, or trained last, since the window was opened."""
        return self._history.chosen_run

    def make_current(self, path: Path) -> None:
        """Predict applies it from now on."""
        self._history.make_current(path)
        self._tell_predict(path)
        self._history.look_up()

    def _tell_predict(self, path: Path) -> None:
        from napari_csunet.widgets.predict import PredictWidget

        predict = docked(self._owner, PredictWidget)
        if predict is not None:
            predict.select_model(path)

    def _follow_predict(self) -> None:
        """Another model that is chosen there is current here; a panel that is new learns what is current."""
        combo = docked(self._owner, ModelCombo)
        if combo is None or combo is self._followed:
            return
        self._followed = combo
        combo.currentIndexChanged.connect(self._on_model_chosen)
        if self._history.chosen is not None:
            self._tell_predict(self._history.chosen)

    def _on_model_chosen(self, index: int) -> None:
        path = self._followed.path() if self._followed is not None else None
        if path is not None:
            self._history.make_current(path)

    def _on_history_changed(self) -> None:
        history = self._history
        self._view.show_runs(history.runs, history.current, is_reading=history.background.is_running)
        self.changed.emit()

    def _on_view_opened(self) -> None:
        self._follow_predict()
        self._on_history_changed()
        self._history.look_up(wanted=True)

    def _on_removal_wanted(self, paths: Sequence[Path]) -> None:
        if not self._view.ask_to_remove(paths, for_good=False):
            return
        was_current = self._history.current in paths
        left = self._history.remove(paths)
        if left and self._view.ask_to_remove(left, for_good=True):
            self._remove_for_good(left)
        current = self._history.current
        if was_current and current is not None:
            self.make_current(current)

    def _remove_for_good(self, paths: Sequence[Path]) -> None:
        try:
            self._history.remove(paths, for_good=True)
        except OSError as error:
            self.failed.emit(error)
