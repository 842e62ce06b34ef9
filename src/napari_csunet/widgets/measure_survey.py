"""Which classes the checked masks hold and what each is likely to be: found out in a thread, before a measurement."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.measurement.kind import Kinds
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.mask_meaning import interpreted
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_results import kinds_of, load_measurement
from napari_csunet.widgets.measure_sources import MaskSource, bare_sources

WAIT_MS = 120


@dataclass(frozen=True)
class Survey:
    """numbered: the masks number their objects. kinds: of every class. words: how values without a table were read."""

    classes: ClassTable
    kinds: Kinds
    numbered: bool
    words: str = ""


def survey_masks(sources: Sequence[MaskSource], choices: MeasureChoices) -> Generator[Survey, None, None]:
    """One report. Raises LabelError if the masks do not fit together."""
    load_measurement()
    read = interpreted(sources, [np.asarray(source.values) for source in sources], choices)
    yield Survey(read.classes, kinds_of(sources, read, choices), read.numbers is not None, read.words)


class MaskSurvey(QObject):
    """Looks at masks whenever they may have changed; only the last wish counts.

    ``found``: a Survey, or None if there is no mask. ``failed``: why the masks cannot be measured together.
    """

    found = Signal(object)
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._wanted: tuple[list[Layer], MeasureChoices] | None = None
        self._is_outdated = False  # what is being found out now
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self._on_background_failed)
        self.background.finished.connect(self._on_background_finished)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._start_wanted)

    def look(self, masks: Sequence[Layer], choices: MeasureChoices) -> None:
        """After a moment."""
        self._is_outdated = True
        self._wanted = (list(masks), choices) if masks else None
        if masks:
            self._timer.start()
        else:
            self._timer.stop()
            self.found.emit(None)

    def stop(self) -> None:
        self._timer.stop()
        self._wanted = None

    def _start_wanted(self) -> None:
        if self._wanted is None or self.background.is_running:
            return
        (masks, choices), self._wanted = self._wanted, None
        self._is_outdated = False
        self.background.start(survey_masks, bare_sources(self._viewer, masks), choices)

    def _on_background_reported(self, survey: Survey) -> None:
        if not self._is_outdated:
            self.found.emit(survey)

    def _on_background_failed(self, error: Exception) -> None:
        if not self._is_outdated:
            self.failed.emit(error)

    def _on_background_finished(self) -> None:
        if self._wanted is not None:
            self._timer.start()
