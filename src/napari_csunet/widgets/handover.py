"""Lets a thread wait until the window has dealt with what it reported."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

PATIENCE_S = 10.0


class Handover:
    """Between the thread of one run and the window.

    While torch computes, a new layer takes the window two to four times as long. So after a report that makes work for
    the window the thread waits for ``taken``.
    """

    def __init__(self, makes_work: Callable[[Any], bool]) -> None:
        self._makes_work = makes_work
        self._taken = threading.Event()
        self._is_over = False

    def passing(self, reports: Generator[Any, Any, None]) -> Generator[Any, Any, None]:
        """The same reports; what is sent in reaches their source."""
        message = None
        with closing(reports):
            while True:
                try:
                    report = reports.send(message)
                except StopIteration:
                    return
                self._taken.clear()
                message = yield report
                if self._makes_work(report) and not self._is_over:
                    self._taken.wait(PATIENCE_S)

    def taken(self) -> None:
        """The window is ready for more."""
        self._taken.set()

    def end(self) -> None:
        """Nothing waits for the window any more."""
        self._is_over = True
        self._taken.set()
