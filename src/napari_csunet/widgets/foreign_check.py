"""The warning before masks of a foreign micrograph are used: looks at micrographs in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
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


class ForeignCheck(QObject):
    """``warned``: a sentence for each foreign micrograph, in one text; empty if there is none."""

    warned = Signal(str)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._memory: list[SliceMemory] = []  # one, once it has been loaded
        self._found: list[ForeignMicrograph] = []
        self._activity = Activity("Compare with the training", self.stop)
        self.background = Background()
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self._on_finished)

    def look(
        self, model: Path, predicted: Sequence[Image], opened: Sequence[Image], session: ProjectSession | None
    ) -> None:
        """Compares what was predicted with what the model learnt from, as far as that is open or in the project.

        Does nothing while it is busy.
        """
        if self.background.is_running:
            return
        self._found = []
        closed = session.labelled_files("train") if session is not None else []
        material = [*(_of_layer(one) for one in opened), *(_of_file(one) for one in closed)]
        self._activity.begin()
        self.background.start(self._foreign, model, {layer.name for layer in predicted}, material)

    def stop(self) -> None:
        self._activity.end()
        self.background.stop()

    def _foreign(
        self, model: Path, predicted: set[str], material: Sequence[LabelledMicrograph]
    ) -> Generator[ForeignMicrograph | None, None, None]:
        """In the thread."""
        deque(load("napari_csunet.inference.suggesting.foreign"), maxlen=0)
        from napari_csunet.checkpoint import read_provenance
        from napari_csunet.inference.suggesting.foreign import foreign_micrographs
        from napari_csunet.inference.suggesting.slice_memory import SliceMemory

        names = read_provenance(model).label_sha256
        learnt = [one for one in material if one.name in names][:MOST_LEARNT]
        others = [one for one in material if one.name in predicted and one.name not in names]
        self._memory = self._memory or [SliceMemory()]
        if learnt and others:
            yield from foreign_micrographs(learnt, others, self._memory[0])

    def _on_reported(self, found: ForeignMicrograph | None) -> None:
        self._found += [] if found is None else [found]

    def _on_finished(self) -> None:
        self._activity.end()
        self.warned.emit(" ".join(one.warning for one in self._found))


def _of_layer(layer: Image) -> LabelledMicrograph:
    return LabelledMicrograph(layer.name, finest(layer), source_of(layer).read, None)


def _of_file(file: LabelledFile) -> LabelledMicrograph:
    return LabelledMicrograph(file.name, file.image, file.read, None)
