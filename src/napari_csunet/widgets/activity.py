"""The same progress in napari's activity dock, where Cancel is our Stop."""

from __future__ import annotations

from collections.abc import Callable

from napari.utils.progress import cancelable_progress
from qtpy.QtCore import QObject, QTimer

from napari_csunet.reports import Progress

REFRESH_MS = 500
STEPS = 1000


class Activity(QObject):
    """One line in the activity dock as long as a run lasts.

    napari handles events of its own while it draws that line. So it is drawn from a timer, never in the middle of
    handling a report.
    """

    def __init__(self, title: str, stop: Callable[[], None]) -> None:
        super().__init__()
        self._title, self._stop = title, stop
        self._line: StoppableLine | None = None
        self._wanted, self._time_left = 0, ""
        self._is_drawing = False
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._on_timer_timeout)

    @property
    def is_shown(self) -> bool:
        return self._line is not None

    def begin(self) -> None:
        self._wanted, self._time_left = 0, ""
        self._timer.start()
        QTimer.singleShot(0, self._on_timer_timeout)

    def show(self, progress: Progress) -> None:
        self._wanted, self._time_left = round(STEPS * progress.share), progress.time_left

    def end(self) -> None:
        self._timer.stop()
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _on_timer_timeout(self) -> None:
        if self._is_drawing or not self._timer.isActive():
            return
        self._is_drawing = True
        try:
            self._draw()
        finally:
            self._is_drawing = False

    def _draw(self) -> None:
        if self._line is None:
            self._line = StoppableLine(self._title, self._stop)
        line = self._line
        line.time_left = self._time_left
        line.update(self._wanted - line.n)  # back, too: a training follows a download
        if self._line is line:  # not ended by what was handled meanwhile
            line.display()
        if not self._timer.isActive():  # ended while it was drawn
            self.end()


class StoppableLine(cancelable_progress):  # type: ignore[misc, unused-ignore]
    """Stops the run at once when it is cancelled; napari's own class does so only in a loop over it."""

    def __init__(self, title: str, stop: Callable[[], None]) -> None:
        self._stop, self.time_left = stop, ""
        super().__init__(desc=title, total=STEPS, gui=True)

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Says the time left as the panel does."""
        self.events.eta(value=self.time_left)

    def cancel(self) -> None:
        super().cancel()
        self._stop()
