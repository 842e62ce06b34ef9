"""The warning before masks of a foreign micrograph are used: looks at micrographs in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari.layers import Image
from qtpy.QtCore import QObject, Signal

from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.suggesting.suggestion_reports import ForeignMicrograph
from napari_csunet.project.material import LabelledFile
from napari_csunet.widgets.activity import Activity
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.layers import finest, source_of
from napari_csunet.widgets.project_session import ProjectSession

if TYPE_CHECKING:
    from napari_csunet.inference.suggesting.slice_memory import SliceMemory

MOST_LEARNT = 8
"""Micrographs of the training material that others are compared with."""


@dataclass(frozen=True, eq=False)
class _Look:
    """``predicted``: names of the micrographs that were."""

    model: Path
    predicted: frozenset[str]
    material: tuple[LabelledMicrograph, ...]


class ForeignCheck(QObject):
    """``warned``: a sentence for each foreign micrograph, in one text; empty if there is none.

    Each look ends with ``warned`` or ``failed``, unless it was stopped.
    """

    warned = Signal(str)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._memory: list[SliceMemory] = []  # one, once it has been loaded
        self._found: list[ForeignMicrograph] = []
        self._current: _Look | None = None  # None also while a thread ends of which nothing is to be heard
        self._next: _Look | None = None
        self._is_paused = False
        self._activity = Activity("Compare with the training", self.stop)
        self.background = Background()
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self._on_failed)
        self.background.finished.connect(self._on_finished)

    def look(
        self, model: Path, predicted: Sequence[Image], opened: Sequence[Image], session: ProjectSession | None
    ) -> None:
        """Compares what was predicted with what the model learnt from, as far as that is open or in the project.

        Gives up what it is busy with; waits while it is paused.
        """
        closed = session.labelled_files("train") if session is not None else []
        material = (*(_of_layer(one) for one in opened), *(_of_file(one) for one in closed))
        self._give_up()
        self._next = _Look(model, frozenset(layer.name for layer in predicted), material)
        self._begin()

    def stop(self) -> None:
        self._next = None
        self._give_up()

    def pause(self) -> None:
        """While a training runs, the processor is its own; what is given up begins anew with ``resume``."""
        self._is_paused = True
        self._next = self._next or self._current
        self._give_up()

    def resume(self) -> None:
        self._is_paused = False
        self._begin()

    def forget(self) -> None:
        """Lets go of micrographs that were looked at; called when all are closed."""
        self.stop()
        self._memory = []

    def _give_up(self) -> None:
        self._current = None
        self._activity.end()
        self.background.stop()

    def _begin(self) -> None:
        """What is wanted next, unless it is paused or a thread still has to end."""
        if self._next is None or self._is_paused or self.background.is_running:
            return
        self._current, self._next, self._found = self._next, None, []
        self._activity.begin()
        self.background.start(self._foreign, self._current)

    def _foreign(self, look: _Look) -> Generator[ForeignMicrograph | None, None, None]:
        """In the thread."""
        deque(load("napari_csunet.inference.suggesting.foreign"), maxlen=0)
        from napari_csunet.checkpoint import read_provenance
        from napari_csunet.inference.suggesting.foreign import foreign_micrographs
        from napari_csunet.inference.suggesting.slice_memory import SliceMemory, key_of

        names = read_provenance(look.model).label_sha256
        learnt = [one for one in look.material if one.name in names][:MOST_LEARNT]
        others = [one for one in look.material if one.name in look.predicted and one.name not in names]
        self._memory = memory = self._memory or [SliceMemory()]
        memory[0].forget_all_but({key_of(one, 0) for one in (*learnt, *others)})
        if learnt and others:
            yield from foreign_micrographs(learnt, others, memory[0])

    def _on_reported(self, found: ForeignMicrograph | None) -> None:
        self._found += [] if found is None else [found]

    def _on_failed(self, error: Exception) -> None:
        if self._current is not None:
            self._current = None
            self.failed.emit(error)

    def _on_finished(self) -> None:
        self._activity.end()
        if self._current is not None:
            self._current = None
            self.warned.emit(" ".join(one.warning for one in self._found))
        self._begin()


def _of_layer(layer: Image) -> LabelledMicrograph:
    return LabelledMicrograph(layer.name, finest(layer), source_of(layer).read, None)


def _of_file(file: LabelledFile) -> LabelledMicrograph:
    return LabelledMicrograph(file.name, file.image, file.read, None)
