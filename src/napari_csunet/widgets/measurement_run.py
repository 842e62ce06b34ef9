"""One measurement or export of the window: the thread, and the layers to which its results belong."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.widgets.activity import Activity
from napari_csunet.widgets.background import Background, Work, end_all
from napari_csunet.widgets.layers import finest
from napari_csunet.widgets.mask_agreement import ClassAgreement, compare_masks
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_sources import MaskSource, mask_sources, shown_slice_of
from napari_csunet.widgets.measure_work import ExportNews, MeasuredMasks, MeasureReport, export_measured, measure_masks

PATIENCE_MS = 2000
"""What takes no longer gets no line in napari's activity dock, whose moving picture takes half of the processor."""


class MeasurementRun(QObject):
    """``reported``, ``failed`` and ``ended`` as of a Background.

    ``measured``: MeasuredMasks, the mask layers, and of each the only slice that was measured, or None. ``exported``:
    the report, and sentences about files that stayed as they were. ``compared``: a list of ClassAgreement. ``taken``: a
    folder whose files are in the way, and one of them; comes after ``ended``.
    """

    reported = Signal(object)
    measured = Signal(object, object, object)
    exported = Signal(object, object)
    compared = Signal(object)
    taken = Signal(object, object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self.is_stopping = False
        self._stopped = threading.Event()  # for the thread, which looks between two fields of view
        self._masks: list[Layer] = []
        self._slices: list[int | None] = []
        self._in_the_way: tuple[Path, Path] | None = None
        self._work = Background()
        self._activity = Activity("Measure", self.stop)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._activity.begin)
        self._work.reported.connect(self._on_work_reported)
        self._work.failed.connect(self.failed)
        self._work.finished.connect(self._on_work_finished)

    @property
    def is_running(self) -> bool:
        return self._work.is_running

    def measure(self, masks: Sequence[Layer], choices: MeasureChoices, *, only_shown: bool) -> None:
        """``only_shown``: of stacks, the slice on screen."""
        self._stopped.clear()
        self._start(measure_masks, self._sources(masks, only_shown=only_shown), choices, self._stopped)

    def export(
        self,
        masks: Sequence[Layer],
        choices: MeasureChoices,
        folder: Path,
        earlier: MeasuredMasks | None,
        *,
        only_shown: bool,
        overwrite: bool,
    ) -> None:
        """``earlier``: the last measurement; what it still says is not measured again."""
        sources = self._sources(masks, only_shown=only_shown)
        self._start(export_measured, sources, choices, folder, earlier, overwrite=overwrite)

    def compare(self, masks: Sequence[Layer], choices: MeasureChoices) -> None:
        """How well two masks agree."""
        self._start(compare_masks, *self._sources(masks, only_shown=False), choices)

    def stop(self) -> None:
        self.is_stopping = True
        self._stopped.set()
        self._work.stop()

    def close(self, seconds: float) -> bool:
        """Ends the thread, see ``end_all``."""
        self._patience.stop()
        self._activity.end()
        self._stopped.set()
        return end_all((self._work,), seconds)

    def _start(self, work: Work, *args: object, **options: object) -> None:
        self.is_stopping, self._in_the_way = False, None
        self._work.start(work, *args, **options)
        self._patience.start()

    def _sources(self, masks: Sequence[Layer], *, only_shown: bool) -> list[MaskSource]:
        self._masks = list(masks)
        self._slices = [
            shown_slice_of(self._viewer, mask) if only_shown and finest(mask).ndim == 3 else None for mask in masks
        ]
        return mask_sources(self._viewer, masks, self._slices)

    def _on_work_reported(self, news: MeasureReport | ExportNews | list[ClassAgreement]) -> None:
        if isinstance(news, list):
            self.compared.emit(news)
            return
        self._activity.show(news.progress)
        self.reported.emit(news)
        if news.measured is not None:
            self.measured.emit(news.measured, self._masks, self._slices)
        if isinstance(news, ExportNews):
            self._in_the_way = None if news.taken is None else (news.folder, news.taken)
            if news.report is not None:
                self.exported.emit(news.report, news.notices)

    def _on_work_finished(self) -> None:
        self._patience.stop()
        self._activity.end()
        self.ended.emit()
        taken, self._in_the_way = self._in_the_way, None
        if taken is not None:
            self.taken.emit(*taken)
