"""Runs a generator of the engine in a thread and hands its reports to the window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

from qtpy.QtCore import QObject, QThreadPool, Signal
from superqt.utils import GeneratorWorker

from napari_csunet.errors import CSUNetError

MOST_THREADS = 12
"""Of all panels together. Qt's own limit, one for each core, lets a training keep the strokes from being saved."""
Work = Callable[..., Generator[Any, Any, None]]
"""A generator function: what it yields reaches the window, what the window sends reaches it."""


class UnexpectedError(Exception):
    """A RuntimeError of the engine, which superqt would swallow (it takes one for a sign of a deleted worker)."""


class EngineWorker(GeneratorWorker):  # type: ignore[misc, type-arg, unused-ignore]
    """A worker whose generator is closed in its own thread, and whose every failure reaches ``errored``."""

    def __init__(self, engine: Generator[Any, Any, None]) -> None:
        super().__init__(_with_runtime_errors_converted, engine)
        self._engine = engine
        self.is_over = threading.Event()

    def start(self) -> None:
        """At once. superqt lets the event loop turn first, which a window that closes no longer does."""
        self._worker_set.add(self)
        self._finished.connect(self._set_discard)
        pool: Any = QThreadPool.globalInstance()
        pool.setMaxThreadCount(max(pool.maxThreadCount(), MOST_THREADS))
        pool.start(self)

    def work(self) -> Any:
        with closing(self._engine):
            return super().work()

    def run(self) -> None:
        try:
            super().run()
        finally:
            self.is_over.set()


def _with_runtime_errors_converted(engine: Generator[Any, Any, None]) -> Generator[Any, Any, None]:
    try:
        yield from engine
    except RuntimeError as error:
        raise UnexpectedError(f"{type(error).__name__}: {error}") from error


class Background(QObject):
    """One piece of work at a time; whoever starts the next must wait for ``finished``."""

    reported = Signal(object)
    failed = Signal(object)
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._worker: EngineWorker | None = None
        self._listens = False  # a generator takes no message before its first report

    @property
    def is_running(self) -> bool:
        return self._worker is not None

    def start(self, work: Work, *args: Any, **kwargs: Any) -> None:
        """Calls ``work`` and runs the generator it returns; the call itself must be quick."""
        if self._worker is not None:
            raise CSUNetError("This is still busy. Stop it first.")
        self._worker, self._listens = EngineWorker(work(*args, **kwargs)), False
        self._worker.yielded.connect(self._on_worker_yielded)
        self._worker.errored.connect(self._on_worker_errored)
        self._worker.signals.finished.connect(self._on_worker_finished)
        self._worker.start()

    def send(self, message: object) -> None:
        """Hands a message to the generator at its next step; before its first report it is dropped."""
        if self._worker is not None and self._listens:
            self._worker.send(message)

    def stop(self) -> None:
        """Asks the generator to end at its next report."""
        if self._worker is not None:
            self._worker.quit()

    def wait(self, seconds: float) -> bool:
        """Whether the thread is over within this time; for closing, when nothing else can be done meanwhile."""
        return self._worker is None or self._worker.is_over.wait(seconds)

    def _on_worker_yielded(self, report: object) -> None:
        self._listens = True
        if self._worker is not None and not self._worker.abort_requested:
            self.reported.emit(report)

    def _on_worker_errored(self, error: Exception) -> None:
        self.failed.emit(error)

    def _on_worker_finished(self) -> None:
        self._worker = None
        self.finished.emit()


def end_all(jobs: Sequence[Background], seconds: float) -> bool:
    """For closing: nothing is heard of the jobs any more; whether all are over within this time, taken together."""
    for job in jobs:
        job.blockSignals(True)
        job.stop()
    end = time.monotonic() + seconds
    return all(job.wait(max(0.0, end - time.monotonic())) for job in jobs)
