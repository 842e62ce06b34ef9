"""One prediction of the window: the thread, and the result layers as they come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.project.predicted_masks import Settled
from napari_csunet.reports import PredictionReport
from napari_csunet.widgets.activity import Activity
from napari_csunet.widgets.adapting_work import AdaptedReport, adapt_and_predict
from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.handover import Handover
from napari_csunet.widgets.layers import source_of
from napari_csunet.widgets.project_prediction import ClosedMicrographs
from napari_csunet.widgets.result_turns import ResultTurns
from napari_csunet.widgets.wanted import Wanted

MOST_TOLD = 3


class PredictionRun(QObject):
    """``reported``, ``failed`` and ``ended`` as of a Background.

    ``predicted``: name of a micrograph whose layers come now, its area fractions and the classes. ``adapted``: path of
    a model that was adapted to the micrographs and predicts them now.
    """

    reported = Signal(object)
    predicted = Signal(str, object, object)
    adapted = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self.kept: list[str] = []  # masks, perhaps corrected, that this run did not replace
        self._closed: ClosedMicrographs | None = None
        self._saved = self._predicted = 0  # masks of closed micrographs, and of all
        self._told: list[str] = []  # messages of this run
        self.is_stopping = self.has_failed = False
        self.path: Path | None = None  # of the model that predicts
        self._layers: dict[str, Image] = {}  # by the names that the thread knows
        self._classes: ClassTable | None = None
        self._prediction = Background()
        self._handover = Handover(lambda report: report.prediction is not None)
        self._results = ResultTurns(viewer)
        self._activity = Activity("Predict", self.stop)
        self._prediction.reported.connect(self._on_prediction_reported)
        self._prediction.failed.connect(self._on_prediction_failed)
        self._prediction.finished.connect(self._on_prediction_finished)
        self._results.shown.connect(self._on_results_shown)

    @property
    def is_running(self) -> bool:
        return self._prediction.is_running

    @property
    def layers(self) -> list[Image]:
        """The micrographs of this run."""
        return list(self._layers.values())

    @property
    def is_done(self) -> bool:
        """Whether the last run came to its end."""
        return not (self.is_running or self.is_stopping or self.has_failed)

    @property
    def ending(self) -> str:
        """What the user should know when it is over."""
        return " ".join((self._outcome, *self._kept_told, *self.told))

    @property
    def _outcome(self) -> str:
        if self.is_stopping:
            ready = "The masks that were ready are kept." if self._predicted else "No mask was ready yet."
            return f"Stopped. {ready}"
        if not self._predicted:
            return "No mask was made."
        if self._saved:
            some = f"{self._saved} masks" if self._saved > 1 else "1 mask"
            return (
                f"Done: {some} of closed micrographs saved with the project. Click a micrograph there to see its mask."
            )
        return "Done. Correct a mask with the brush where it is wrong, then export."

    @property
    def _kept_told(self) -> list[str]:
        more = [f"{len(self.kept) - MOST_TOLD} more"] if len(self.kept) > MOST_TOLD else []
        names = " and ".join([*self.kept[:MOST_TOLD], *more])
        return [f"Earlier masks that may have been corrected are kept as {names}."] if names else []

    @property
    def told(self) -> list[str]:
        """What the user should know of this run; of many sentences the first ones and how many there are more."""
        more = len(self._told) - MOST_TOLD
        return [*self._told[:MOST_TOLD], *([f"(And {more} more like these.)"] if more > 0 else [])]

    def start(
        self,
        path: Path,
        layers: Sequence[Image],
        classes: ClassTable,
        wanted: Wanted,
        closed: ClosedMicrographs | None = None,
    ) -> None:
        """``closed``: what else of a project is predicted, without layers."""
        self._closed, self._saved, self._predicted = closed, 0, 0
        self._layers, self._classes = {layer.name: layer for layer in layers}, classes
        self.kept, self._told, self.path = [], [], path
        self.is_stopping = self.has_failed = False
        reports = adapt_and_predict(path, [source_of(layer) for layer in layers], wanted, closed)
        self._prediction.start(self._handover.passing, reports)
        self._activity.begin()

    def stop(self) -> None:
        self.is_stopping = True
        self._prediction.stop()
        self._take_settled()  # so that the thread does not wait

    def close(self, seconds: float) -> bool:
        """Ends the thread, see ``end_all``."""
        self._activity.end()
        self._results.stop()
        self._handover.end()
        return end_all((self._prediction,), seconds)

    def _on_prediction_reported(self, report: PredictionReport) -> None:
        self._activity.show(report.progress)
        self._told += [report.message] if report.message and report.message not in self._told else []
        self.reported.emit(report)
        if isinstance(report, AdaptedReport) and report.checkpoint is not None:
            self.path = report.checkpoint
            self.adapted.emit(report.checkpoint)
        if isinstance(report, Settled):
            self._take_settled()
        else:
            self._take(report)

    def _take_settled(self) -> None:
        """Also those whose reports do not come any more after Stop: their masks are saved already."""
        while self._closed is not None and self._closed.settled:
            report = self._closed.settled.popleft()
            self._settle(report)
            self._take(report)

    def _take(self, report: PredictionReport) -> None:
        """Hands over what was predicted, if the report holds it."""
        if report.prediction is None or self._classes is None:
            return
        self._predicted += 1
        layer = self._layer_of(report)
        if layer is not None or isinstance(report, Settled):
            self.predicted.emit(report.name if layer is None else layer.name, report.area_fractions, self._classes)
        if layer is None:
            self._handover.taken()
        else:
            self._results.show(layer, report.prediction, self._classes)

    def _settle(self, report: Settled) -> None:
        """The mask of a closed micrograph is saved; the project notes it."""
        if self._closed is None or self._closed.session.is_closed or not report.changes:
            return
        self._saved += 1
        self.kept += [report.aside] if report.aside else []
        self._closed.session.note_prediction(report.name, **report.changes)

    def _layer_of(self, report: PredictionReport) -> Image | None:
        """Of a closed micrograph, if it was opened meanwhile."""
        layer = self._layers.get(report.name)
        if isinstance(report, Settled) and self._closed is not None:
            layer = self._closed.session.image(report.name)
        return layer if layer in self._viewer.layers else None

    def _on_prediction_failed(self, error: Exception) -> None:
        self.has_failed = True
        self.failed.emit(error)

    def _on_results_shown(self, kept: str) -> None:
        self.kept += [kept] if kept else []
        self._handover.taken()

    def _on_prediction_finished(self) -> None:
        self._activity.end()
        self._take_settled()
        self.ended.emit()
