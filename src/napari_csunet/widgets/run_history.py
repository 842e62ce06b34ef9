"""The runs that there are, which of them is current, and which one to go on from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from qtpy.QtCore import QFile, QObject, Signal

from napari_csunet.widgets.background import Background
from napari_csunet.widgets.models import known_models
from napari_csunet.widgets.runs import Run, read_runs

ENGINE = "napari_csunet.checkpoint"
"""What reading needs; it brings torch along, so reading waits until that is loaded, unless somebody wants to see."""

Stamp = tuple[int, int]


class RunHistory(QObject):
    """Reads each checkpoint once. ``changed``: runs came or went, or another one is current."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[Path, tuple[Stamp, Run]] = {}
        self._stamps: dict[Path, Stamp] = {}  # of the files that there are, the last one first
        self.chosen: Path | None = None  # what was made current
        self.left_out: Path | None = None  # what a training is writing
        self._is_wanted = self._is_due = self._is_closed = False
        self.background = Background()
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self._on_finished)

    @property
    def runs(self) -> list[Run]:
        """Those that have been read, the last one first."""
        known = (self._read[path] for path in self._stamps if path in self._read)
        return [run for _, run in known if run.path != self.left_out]

    @property
    def current(self) -> Path | None:
        """The one that was made current, if it is still there, else the last one that can be used."""
        if self.chosen is not None and self.chosen.is_file():
            return self.chosen
        return next((run.path for run in self.runs if not run.problem), None)

    @property
    def chosen_run(self) -> Run | None:
        """What was made current, once it has been read."""
        return next((run for run in self.runs if run.path == self.chosen), None)

    def make_current(self, path: Path) -> None:
        self.chosen = path
        self.changed.emit()

    def to_continue(self, micrographs: Sequence[str]) -> Run | None:
        """What was made current, else the last run on one of these micrographs; None if there is none."""
        usable = [run for run in self.runs if not run.problem]
        chosen = [run for run in usable if run.path == self.chosen]
        return next(iter(chosen + [run for run in usable if run.learnt_from(micrographs)]), None)

    def look_up(self, *, wanted: bool = False) -> None:
        """Reads what is new, as soon as that is quick, or at once if somebody ``wanted`` to see it."""
        self._is_wanted |= wanted
        if self._is_closed:
            return
        if self.background.is_running or not (self._is_wanted or ENGINE in sys.modules):
            self._is_due = True
            return
        self._is_due, self._stamps = False, _stamps()
        new = [path for path, stamp in self._stamps.items() if self._read.get(path, ((), None))[0] != stamp]
        if new:
            self.background.start(read_runs, new)
        else:
            self.changed.emit()

    def remove(self, paths: Sequence[Path], *, for_good: bool = False) -> list[Path]:
        """Moves checkpoints to the system's trash, or deletes them; returns those that are still there."""
        for path in paths:
            if for_good:
                path.unlink(missing_ok=True)
            elif path.exists():
                QFile.moveToTrash(str(path))
        self.look_up()
        return [path for path in paths if path.exists()]

    def stop(self) -> None:
        """For closing: asks the thread to end, and starts no other."""
        self._is_closed = True
        self.background.stop()

    def _on_reported(self, runs: Sequence[Run]) -> None:
        for run in runs:
            if run.path in self._stamps:
                self._read[run.path] = (self._stamps[run.path], run)
        self.changed.emit()

    def _on_finished(self) -> None:
        if self._is_due:
            self.look_up()
        else:
            self.changed.emit()


def _stamps() -> dict[Path, Stamp]:
    """Time and size of each checkpoint, the last one first."""
    found = {}
    for path in known_models():
        with suppress(OSError):  # deleted meanwhile
            status = path.stat()
            found[path] = (status.st_mtime_ns, status.st_size)
    return found
