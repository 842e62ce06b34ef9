"""Reads the micrograph of a project that was wanted last, and first what napari loads with a first layer."""

from __future__ import annotations

import time
from collections.abc import Generator

from qtpy.QtCore import QObject, Signal

from napari_csunet.project.opening import Opened, Places, open_micrograph
from napari_csunet.project.project import Project
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.engine import load_for_first_layer

PAUSE_S = 0.05
PATIENCE_S = 30.0


class ProjectReading(QObject):
    """``read``: what was wanted last. ``failed``: why a micrograph that was wanted cannot be read."""

    read = Signal(object)
    failed = Signal(object)

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._wanted: str | None = None
        self._unreadable: str | None = None  # what was wanted last, if it could not be read
        self._key: str | None = None  # what is being read
        self._is_outdated = False
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self._on_background_failed)
        self.background.finished.connect(self._on_background_finished)

    @property
    def wanted(self) -> str | None:
        """What was wanted last, if it has not been read."""
        return self._wanted or self._unreadable

    def want(self, key: str) -> None:
        """Reads this one, as soon as the one before has been read; of many only the last."""
        self._wanted, self._unreadable = key, None
        if not self.background.is_running:
            self._key, self._is_outdated = key, False
            self.background.start(read_for_window, Places.of(self._project, key))

    def forget(self) -> None:
        """Something else is on screen."""
        self._wanted = self._unreadable = None

    def look_again(self, key: str) -> None:
        """The files of a micrograph have changed: if it is being read, it is read once more."""
        self._is_outdated |= key == self._key

    def _on_background_reported(self, opened: Opened) -> None:
        if opened.key == self._wanted and not self._is_outdated:  # nobody has gone on meanwhile
            self.read.emit(opened)

    def _on_background_failed(self, error: Exception) -> None:
        if self._wanted == self._key:
            self._wanted, self._unreadable = None, self._key
        self.failed.emit(error)

    def _on_background_finished(self) -> None:
        self._key = None
        if self._wanted is not None:
            self.want(self._wanted)


def read_for_window(places: Places) -> Generator[Opened, None, None]:
    """As ``open_micrograph``."""
    _wait_for_units()
    yield from open_micrograph(places)


def _wait_for_units() -> None:
    """While another thread (that of WarmUp) reads pint's definitions, units are unknown and layers cannot be made."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            for _ in load_for_first_layer():
                return
        except AttributeError:  # of which pint's UndefinedUnitError is one
            time.sleep(PAUSE_S)
