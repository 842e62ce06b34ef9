"""Saves what was painted a moment later, in a thread, for as long as a project is open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from napari.layers import Labels
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.project.description import Description
from napari_csunet.project.project import Project
from napari_csunet.project.saving import (
    DescriptionToSave,
    LabelsToSave,
    MaskToSave,
    Saved,
    ToSave,
    save,
)
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.layers import classes_of, finest, pixel_size_of, snapshot
from napari_csunet.widgets.made_with import model_of
from napari_csunet.widgets.mask_cleaning import cleaning_of
from napari_csunet.widgets.mask_labels import MaskLabels

SAVE_MS = 1000
"""From a stroke to the writing of it; further strokes do not put it off."""
RETRY_MS = 5000


@dataclass(frozen=True)
class Target:
    """Which file of which micrograph a layer is."""

    key: str
    kind: Literal["labels", "mask"]


class ProjectAutosave(QObject):
    """Follows the layers that it is given.

    ``saved``: a ``Saved`` that went well; ``failed``: why one did not; ``settled``: all of them went well.
    """

    saved = Signal(object)
    failed = Signal(object)
    settled = Signal()

    def __init__(self, project: Project, describe: Callable[[], Description]) -> None:
        super().__init__()
        self._project, self._describe = project, describe
        self._targets: dict[Labels, Target] = {}
        self._unsaved: dict[Labels, tuple[Target, int]] = {}  # with the number of changes
        self._on_disk: dict[Path, int] = {}
        self._described = project.description
        self._under_way: dict[ToSave, tuple[Labels, int] | None] = {}  # what else is reported has been saved again
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self._on_background_finished)
        self._has_failed = self._is_over = False
        self._writing, self._turn = threading.Lock(), 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timer_timeout)

    def follow(self, targets: Mapping[Labels, Target]) -> None:
        """Follows these layers and no others; what is unsaved on the others is saved yet."""
        for layer in self._targets.keys() - targets.keys():
            for event in _events_of(layer):
                event.disconnect(self._on_layer_changed)
        new = targets.keys() - self._targets.keys()
        self._targets = dict(targets)
        for layer in new:
            for event in _events_of(layer):
                event.connect(self._on_layer_changed)
            self._touch_layer(layer)

    def has_unsaved(self, key: str) -> bool:
        return any(target.key == key for target, _ in self._unsaved.values())

    def know(self, target: Target, checksum: int | None) -> None:
        """Tells what its file holds."""
        if checksum is not None:
            self._on_disk[self._path_of(target)] = checksum

    def forget(self, target: Target) -> None:
        self._on_disk.pop(self._path_of(target), None)

    def touch(self, event: object = None) -> None:
        """Something has changed that is part of the description."""
        if not self._is_over and not self._timer.isActive():
            self._timer.start(RETRY_MS if self._has_failed else SAVE_MS)

    def finish(self, seconds: float) -> bool:
        """Saves everything now, in place of the thread; False if that goes on writing one file for so long."""
        self._timer.stop()
        if self._is_over:
            return True
        if not self._writing.acquire(timeout=seconds):
            return False
        try:
            self._turn += 1
            for _ in range(2):  # what was counted the first time is described the second time
                for thing in self._collect():
                    self._on_background_reported(self._save(thing))
        finally:
            self._writing.release()
        return True

    def stop(self) -> None:
        """Follows nothing any more; what is unsaved is given up."""
        self._is_over = True
        self.follow({})
        self._unsaved.clear()
        self._timer.stop()
        self.background.blockSignals(True)
        self.background.stop()

    def _write(self, things: Sequence[ToSave], turn: int) -> Generator[Saved, None, None]:
        """In the thread, as long as it is its turn; what fails does not keep the others from being saved."""
        for thing in things:
            with self._writing:
                if turn != self._turn:
                    return
                report = self._save(thing)
            yield report

    def _save(self, thing: ToSave) -> Saved:
        """Notes what the file holds now before anybody else may write it; the report of a thread may come late."""
        report = save(thing)
        if report.checksum is not None and not isinstance(thing, DescriptionToSave):
            self._on_disk[thing.path] = report.checksum
        return report

    def _on_layer_changed(self, event: Any) -> None:
        self._touch_layer(event.source)

    def _touch_layer(self, layer: Labels) -> None:
        target = self._targets.get(layer)
        if target is not None:
            self._unsaved[layer] = (target, self._unsaved.get(layer, (target, 0))[1] + 1)
            self.touch()

    def _on_timer_timeout(self) -> None:
        if self.background.is_running:
            self.touch()
            return
        self._has_failed = False
        things = self._collect()
        if things:
            self.background.start(self._write, things, self._turn)

    def _collect(self) -> list[ToSave]:
        """What is to be saved, copied so that painting goes on; the description last."""
        self._under_way = {}
        for layer, (target, changes) in self._unsaved.items():
            self._under_way[self._to_save(layer, target)] = (layer, changes)
        description = self._describe()
        if description != self._described:
            self._under_way[DescriptionToSave(self._project.folder, description)] = None
        return list(self._under_way)

    def _to_save(self, layer: Labels, target: Target) -> ToSave:
        pixels, size, classes = snapshot(finest(layer)), pixel_size_of(layer), classes_of(layer.metadata)
        path = self._path_of(target)
        on_disk = self._on_disk.get(path)
        if target.kind == "mask" and classes is not None:
            made = _is_predicted(layer), model_of(layer)
            return MaskToSave(target.key, path, pixels, classes, size, on_disk, *made)
        return LabelsToSave(target.key, path, pixels, size, on_disk)

    def _path_of(self, target: Target) -> Path:
        return (self._project.labels_path if target.kind == "labels" else self._project.mask_path)(target.key)

    def _on_background_reported(self, report: Saved) -> None:
        if report.what not in self._under_way:
            return  # what it tells is out of date
        if report.error is not None:
            self._has_failed = True
            self.failed.emit(report.error)
            return
        if isinstance(report.what, DescriptionToSave):
            self._described = report.what.description
        self._settle(report.what)
        self.saved.emit(report)

    def _settle(self, what: ToSave) -> None:
        """The layer is saved, unless it has been painted on since."""
        saved = self._under_way[what]
        if saved is not None and self._unsaved[saved[0]][1] == saved[1]:
            del self._unsaved[saved[0]]

    def _on_background_finished(self) -> None:
        if self._unsaved or self._has_failed:
            self.touch()
        if not self._has_failed:
            self.settled.emit()


def _is_predicted(layer: Labels) -> bool:
    """Whether a mask is known to be just as a network made it."""
    return isinstance(layer, MaskLabels) and not layer.may_be_corrected and cleaning_of(layer) is None


def _events_of(layer: Labels) -> tuple[Any, ...]:
    """Those of a stroke; ``set_data`` comes with undoing, too."""
    events = layer.events
    return (events.paint, events.labels_update, events.data, events.set_data)
