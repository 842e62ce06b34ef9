"""A question that takes a while: a thread, a line in the activity dock, and a button that starts and stops it."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QPushButton

from napari_csunet.widgets.activity import Activity
from napari_csunet.widgets.background import Background, Work
from napari_csunet.widgets.status import Status

STOP, STOPPING = "Stop", "Stopping…"


class LongQuestion(QObject):
    """``asked``: somebody wants to know. ``reported`` as of a Background; ``ended``: it may be asked again."""

    asked = Signal()
    reported = Signal(object)
    ended = Signal()

    def __init__(self, title: str, button: QPushButton, status: Status) -> None:
        super().__init__()
        self._button, self._status, self._title = button, status, button.text()
        self._activity = Activity(title, self.stop)
        self._is_stopping = False
        self.background = Background()
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self._on_failed)
        self.background.finished.connect(self._on_finished)
        button.clicked.connect(self._on_button_clicked)

    @property
    def is_running(self) -> bool:
        return self.background.is_running

    def start(self, work: Work, *args: Any) -> None:
        self._is_stopping = False
        self._status.say("Getting ready…")
        self.background.start(work, *args)
        self._activity.begin()
        self._button.setText(STOP)

    def set_title(self, title: str) -> None:
        """What the button says while nothing runs."""
        self._title = title
        if not self.is_running:
            self._button.setText(title)

    def stop(self) -> None:
        self._is_stopping = True
        self.background.stop()
        if self.is_running:
            self._button.setText(STOPPING)

    def end(self) -> None:
        """For closing."""
        self._activity.end()
        self.background.stop()

    def _on_button_clicked(self) -> None:
        if self.is_running:
            self.stop()
        else:
            self.asked.emit()

    def _on_reported(self, report: Any) -> None:
        self._activity.show(report.progress)
        self.reported.emit(report)

    def _on_failed(self, error: Exception) -> None:
        self._is_stopping = False
        self._status.say_error(error)

    def _on_finished(self) -> None:
        self._activity.end()
        self._button.setText(self._title)
        if self._is_stopping:
            self._status.say("Stopped.")
        self.ended.emit()
