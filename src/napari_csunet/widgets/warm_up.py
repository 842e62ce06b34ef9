"""Loads what the first training needs, piece by piece, while nobody uses the window."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtGui import QCursor

from napari_csunet.widgets.background import Background
from napari_csunet.widgets.engine import WARM_UP, load_for_first_layer

LOOK_MS = 200
QUIET_S = 1.0


class WarmUp(QObject):
    """An import slows the window many times over, and none can be interrupted: so it waits for a quiet moment.

    ``reported`` passes on what a piece reports.
    """

    reported = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._pieces = list(WARM_UP)
        self._waiting: list[Callable[[], None]] = []
        self._cursor, self._last_use = QCursor.pos(), time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self.background = Background()
        self.background.reported.connect(self.reported)
        self.background.finished.connect(self._on_background_finished)

    def start(self) -> None:
        """Begins, or goes on, at the next quiet moment."""
        self._timer.start()

    def pause(self) -> None:
        """Loads nothing more until ``start``."""
        self._timer.stop()

    def wait_for_quiet(self, event: object = None) -> None:
        """Says that the window is in use; the next piece waits."""
        self._last_use = time.monotonic()

    def when_free(self, action: Callable[[], None]) -> None:
        """Calls ``action`` at once, or as soon as the piece is loaded that is being loaded or that a layer needs."""
        self.wait_for_quiet()
        if not self.background.is_running and load_for_first_layer in self._pieces:
            self.background.start(self._pieces.pop(0))
        if self.background.is_running:
            self._waiting.append(action)
        else:
            action()

    def _on_timer_timeout(self) -> None:
        if QCursor.pos() != self._cursor:
            self._cursor = QCursor.pos()
            self.wait_for_quiet()
        if not self._pieces:
            self._timer.stop()
        elif not self.background.is_running and time.monotonic() - self._last_use > QUIET_S:
            self.background.start(self._pieces.pop(0))

    def _on_background_finished(self) -> None:
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            self.wait_for_quiet()
            action()
