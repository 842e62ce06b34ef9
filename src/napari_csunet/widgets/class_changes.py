"""Merges and removes classes: the labels follow, on layers and in the files of an open project, and can come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from napari.layers import Labels
from qtpy.QtCore import QObject, QTimer

from napari_csunet.classes import ClassTable
from napari_csunet.project.recoding import Places, RecodedFile, recode_files, recoded
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.class_table import ClassTableEditor
from napari_csunet.widgets.layers import finest
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.painted_classes import PaintedClasses, Place
from napari_csunet.widgets.project_session import ProjectSession

BUSY = "Label files are still being rewritten for the last change of the classes. Try again in a moment."


@dataclass(eq=False)
class _Change:
    """Pixels of ``value`` became ``target``, at ``places``. name: what is undone. session: of the project then open."""

    name: str
    before: ClassTable
    after: ClassTable
    value: int
    target: int
    session: ProjectSession | None
    places: dict[Place, Places] = field(default_factory=dict)

    @property
    def pixels(self) -> int:
        return sum(places.size for places in self.places.values())

    def reversed(self) -> _Change:
        return _Change(self.name, self.after, self.before, self.target, self.value, self.session)


class ClassChanges(QObject):
    """Does what is wanted in a class table; a class that is added gets a label value that nobody painted with."""

    def __init__(self, editor: ClassTableEditor, opened: OpenMicrographs, painted: PaintedClasses) -> None:
        super().__init__()
        self._editor, self._painted = editor, painted
        self._gone: set[int] = set()  # a stroke of these may still come back with Ctrl+Z
        self._last: _Change | None = None  # what can be undone
        self._running: _Change | None = None  # what was done last, and may still go on in files
        self._told = ""
        self._rewritten: set[str] = set()  # keys of label files, until they have been seen on layers
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._follow_opened)
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(editor.say_error)
        self.background.finished.connect(self._on_background_finished)
        editor.taken = lambda: self._gone | painted.pixels().keys()
        editor.merge_wanted.connect(self.merge)
        editor.removal_wanted.connect(self.remove)
        editor.undo_wanted.connect(self.undo)
        editor.value_changed.connect(self._refresh_undo)
        opened.changed.connect(self._timer.start)  # a layer gets its pixels after it was added

    def merge(self, value: int, target: int) -> None:
        """What is painted as one class is painted as another from now on."""
        before = self._editor.value()
        one, other = before.entry(value).name, before.entry(target).name
        self._told = f"{one} is {other} now: {{}}."
        self._begin(_Change(f"merging {one} into {other}", before, before.without(value), value, target, self._session))

    def remove(self, value: int) -> None:
        """What is painted as a class becomes unlabelled; where 0 is a class, it stays, but no class claims it."""
        before = self._editor.value()
        name, target = before.entry(value).name, value if 0 in before.values else 0
        self._told = f"Removed {name}: {{}} unlabelled now."
        self._begin(_Change(f"removing {name}", before, before.without(value), value, target, self._session))

    def undo(self) -> None:
        """Brings the class back, and its pixels as far as nobody has painted over them."""
        change = self._last
        if change is not None:
            self._told = f"Undone: {change.name}; {{}} came back."
            self._begin(change.reversed(), change.places)

    def stop(self) -> None:
        """For closing: ends between two files."""
        self._timer.stop()
        self.background.stop()

    @property
    def _session(self) -> ProjectSession | None:
        return self._painted.session

    def _begin(self, change: _Change, within: Mapping[Place, Places] | None = None) -> None:
        if self.background.is_running:
            self._editor.say(BUSY)
            return
        self._gone |= {*change.before.values} - {*change.after.values}
        self._running = change
        self._rewritten.clear()
        skipped = self._change_layers(change, within)
        self._last = change if within is None else None
        self._editor.set_value(change.after)
        self._refresh_undo()
        self._say(skipped)
        self._start(change, within)

    def _change_layers(self, change: _Change, within: Mapping[Place, Places] | None) -> list[str]:
        """Names of the layers that cannot be changed."""
        skipped = []
        for place, layer in self._painted.layers().items():
            if within is not None and place not in within:
                continue
            if layer.multiscale or not isinstance(layer.data, np.ndarray):
                skipped.append(str(layer.name))
                continue
            change.places[place] = _recode(layer, change, None if within is None else within[place])
            if layer.selected_label == change.value and change.value not in change.after.values:
                layer.selected_label = change.target or next(value for value in change.after.values if value)
        return skipped

    def _start(self, change: _Change, within: Mapping[Place, Places] | None) -> None:
        """In files, what is not on layers."""
        session = change.session
        if session is None or session is not self._session or change.value == change.target:
            return
        files = self._painted.files(change.value)
        known = {key: places for key, places in (within or {}).items() if isinstance(key, str)}
        if within is not None:
            files = {key: session.project.labels_path(key) for key in known if session.image(key) is None}
        if files:
            self.background.start(
                recode_files, files, change.value, change.target, known, lambda: not session.is_closed
            )

    def _on_background_reported(self, report: RecodedFile) -> None:
        if self._running is None or self._session is not self._running.session or self._session is None:
            return
        if report.error is not None:
            self._editor.say_error(report.error)
            return
        self._running.places[report.key] = report.places
        self._rewritten.add(report.key)
        self._session.change_entry(report.key, painted=report.painted)
        self._follow_opened()

    def _follow_opened(self) -> None:
        """A micrograph that was read before its file was rewritten."""
        change = self._running
        if not self._rewritten or change is None or self._session is not change.session:
            return
        for key, layer in self._painted.layers().items():
            if key in self._rewritten and isinstance(key, str) and self._editor.value() == change.after:
                _recode(layer, change, change.places[key])
                self._rewritten.discard(key)

    def _on_background_finished(self) -> None:
        self._say([])

    def _say(self, skipped: list[str]) -> None:
        pixels = self._running.pixels if self._running is not None else 0
        told = self._told.format(f"{pixels:,} px".replace(",", "\u202f")) if pixels else ""
        unchanged = f"{', '.join(skipped)}: read from disk, so not changed." if skipped else ""
        self._editor.say(f"{told} {unchanged}".strip())

    def _refresh_undo(self, classes: ClassTable | None = None) -> None:
        """Another change of the table, or of the project, ends it."""
        change = self._last
        is_possible = change is not None and self._editor.value() == change.after and self._session is change.session
        self._editor.set_undo(f"Undo {change.name}" if change is not None and is_possible else "")


def _recode(layer: Labels, change: _Change, within: Places | None) -> Places:
    """Where it changed pixels."""
    data, places = recoded(finest(layer), change.value, change.target, within)
    if places.size and change.value != change.target:
        layer.data = data
    return places
