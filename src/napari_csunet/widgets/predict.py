"""The Predict panel: apply a checkpoint, see the masks and their area fractions, export them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtWidgets import QDockWidget, QFileDialog

from napari_csunet.classes import ClassTable
from napari_csunet.reports import PredictionReport
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.canvas_context import CanvasContext
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.correct import Correct
from napari_csunet.widgets.docking import bring_to_front, dock_of, docked, tabify_with
from napari_csunet.widgets.export import mask_layers
from napari_csunet.widgets.export_model import ExportModelDialog
from napari_csunet.widgets.foreign_check import ForeignCheck
from napari_csunet.widgets.layers import micrograph_layers
from napari_csunet.widgets.mask_export import MaskExport
from napari_csunet.widgets.model_choice import ModelChoice
from napari_csunet.widgets.panel import CLOSING_S, Panel
from napari_csunet.widgets.predict_layout import PredictLayout
from napari_csunet.widgets.predict_targets import OPEN_ONE, Asked, PredictTargets
from napari_csunet.widgets.prediction_run import PredictionRun
from napari_csunet.widgets.project_beside import session_beside
from napari_csunet.widgets.project_prediction import ClosedMicrographs
from napari_csunet.widgets.result_layers import point_at_mask


class PredictWidget(Panel):
    """Chooses a model and micrographs, runs the prediction in a thread, adds the result layers."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("predict_widget")
        self._viewer = napari_viewer
        self._wanted: Asked | None = None  # to predict as soon as the model has been read
        self._fractions: dict[str, dict[str, float]] = {}
        self._panel = PredictLayout(self)
        self._targets = PredictTargets(napari_viewer, self._panel, self)
        self._run = PredictionRun(napari_viewer)
        self._model, self._export = ModelChoice(self._panel, self), MaskExport(napari_viewer)
        self._foreign = ForeignCheck()
        self._correct = Correct(napari_viewer, self._panel.correct, self._classes_to_paint)
        self._dock: QDockWidget | None = None
        self._connect_panel()
        self._connect_viewer()
        self._refresh_controls()

    def select_model(self, path: Path) -> None:
        self._model.choose(path)

    def predict_all(self) -> None:
        """Predicts every micrograph, as soon as the model has been read and nothing else is being predicted."""
        self._panel.on_all.setChecked(True)
        self._want(Asked(micrograph_layers(self._viewer)))

    def export_to(self, folder: Path) -> None:
        """Writes all masks of the session and their area fractions into a folder."""
        self._export.start(folder)
        self._refresh_controls()

    def rest(self, *, while_busy: bool) -> None:
        """While the processor is needed elsewhere, nothing is compared with the training material."""
        self._foreign.pause() if while_busy else self._foreign.resume()

    def come_to_front(self) -> None:
        bring_to_front(self)

    @property
    def is_predicting(self) -> bool:
        return self._run.is_running

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Asks every thread of this panel to end and waits at most so long, twice; False if one goes on."""
        self._model.stop_looking()
        self._foreign.stop()
        jobs = (self._model.background, self._export.background, self._foreign.background)
        exports = [dialog.close_background(seconds) for dialog in self.findChildren(ExportModelDialog)]
        ended = [*exports, self._run.close(seconds), self._correct.wand.close(seconds), end_all(jobs, seconds)]
        return all(ended)

    def _connect_panel(self) -> None:
        panel = self._panel
        for choice in (panel.on_all, panel.on_project):
            choice.toggled.connect(self._refresh_controls)
        panel.start.clicked.connect(self._on_start_clicked)
        panel.stop.clicked.connect(self._on_stop_clicked)
        panel.export.clicked.connect(self._on_export_clicked)
        panel.export_model.clicked.connect(self._on_export_model_clicked)
        self._model.changed.connect(self._refresh_controls)
        self._model.failed.connect(self._on_model_failed)
        self._model.finished.connect(self._predict_if_ready)
        self._run.reported.connect(self._on_prediction_reported)
        self._run.predicted.connect(self._on_predicted)
        self._run.adapted.connect(self._on_adapted)
        self._run.failed.connect(panel.status.say_error)
        self._run.ended.connect(self._on_prediction_ended)
        self._foreign.warned.connect(self._panel.foreign.say)
        self._foreign.failed.connect(self._panel.foreign.say_error)
        self._export.said.connect(panel.status.say)
        self._export.failed.connect(panel.status.say_error)
        self._export.finished.connect(self._refresh_controls)

    def _connect_viewer(self) -> None:
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            event.connect(self._on_layers_changed)
        self._canvas_context = CanvasContext(self._viewer, self)

    def _disconnect_viewer(self) -> None:
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            event.disconnect(self._on_layers_changed)
        self._canvas_context.disconnect()
        self._correct.disconnect_viewer()

    def on_shown(self) -> None:
        from napari_csunet.widgets.fine_tune import FineTuneWidget

        tabify_with(self, docked(self, FineTuneWidget))
        dock = dock_of(self)
        if dock is not None and dock is not self._dock:
            self._dock = dock
            dock.visibilityChanged.connect(self._on_dock_visibility_changed)  # also when its tab comes to the front
        self._model.look()
        self._refresh_controls()

    def on_closed(self) -> None:
        self._disconnect_viewer()
        self.close_background()

    def _on_dock_visibility_changed(self, is_visible: bool) -> None:
        if is_visible:
            self._model.look()
            self._refresh_controls()

    def _on_layers_changed(self, event: object = None) -> None:
        if not micrograph_layers(self._viewer):
            self._foreign.forget()
        self._refresh_controls()

    def _on_model_failed(self) -> None:
        self._wanted = None
        self._panel.end()

    def _refresh_controls(self, *_: object) -> None:
        self._targets.refresh()
        running = self.is_predicting or self._wanted is not None
        self._panel.show_state(running=running, stopping=running and self._run.is_stopping, hint=self._obstacle())
        self._panel.show_export(len(mask_layers(self._viewer)), busy=self._export.is_running)
        self._correct.refresh()

    def _classes_to_paint(self, of_mask: ClassTable | None) -> ClassTable:
        """Of new labels: those that are being painted, once somebody has named them; else of the mask or the model."""
        from napari_csunet.widgets.fine_tune import FineTuneWidget

        fine_tune = docked(self, FineTuneWidget)
        painted: ClassTable = DEFAULT if fine_tune is None else fine_tune.class_table.value()
        return painted if painted != DEFAULT else of_mask or self._model.classes or DEFAULT

    def _obstacle(self) -> str:
        """What keeps the prediction from starting, as a request; empty if nothing does."""
        nothing = self._targets.obstacle()
        if nothing == OPEN_ONE:
            return nothing
        if self._model.path is None:
            return "Fine-tune first, or open a model"
        return nothing or ("Choose another model" if self._model.is_unreadable else "")

    def _on_start_clicked(self) -> None:
        self._want(self._targets.asked())

    def _want(self, asked: Asked) -> None:
        """Predicts as soon as the model has been read; until then the panel says that it has heard."""
        self._wanted = asked
        if not self.is_predicting:
            self._run.is_stopping = False
            self._panel.begin()
        self._model.read()
        self._predict_if_ready()

    def _predict_if_ready(self) -> None:
        classes = self._model.classes
        if self._wanted is None or classes is None or self._model.is_being_read or self.is_predicting:
            return
        layers, closed = self._wanted.now(self._viewer)
        self._wanted = None
        path = self._model.path
        if (layers or closed is not None) and path is not None:
            self._predict(path, layers, classes, closed)
            return
        self._panel.end()
        self._panel.status.say("There is nothing to predict any more: the micrographs were closed.")
        self._refresh_controls()

    def _predict(
        self, path: Path, layers: Sequence[Image], classes: ClassTable, closed: ClosedMicrographs | None
    ) -> None:
        self._panel.begin()
        self._foreign.stop()
        self._panel.foreign.say("")
        self._run.start(path, layers, classes, self._panel.wanted(), closed)
        self._refresh_controls()

    def _on_stop_clicked(self) -> None:
        if self.is_predicting:
            self._run.stop()
        else:
            self._panel.end()
            self._panel.status.say("Stopped.")
        self._wanted = None
        self._refresh_controls()

    def _on_prediction_reported(self, report: PredictionReport) -> None:
        self._panel.show_progress(report.progress, report.name)
        if report.message:
            self._panel.status.say(report.message)

    def _on_adapted(self, path: Path) -> None:
        """The next prediction takes the adapted model as it is."""
        self.select_model(path)
        self._panel.adapt.setChecked(False)

    def _on_predicted(self, name: str, fractions: dict[str, float], classes: ClassTable) -> None:
        self._fractions[name] = fractions
        self._panel.show_fractions(self._fractions, classes)

    def _on_prediction_ended(self) -> None:
        self._panel.end()
        if not self._run.has_failed:
            self._panel.status.say(self._run.ending)
        if self._run.is_done and self._run.path is not None:
            all_layers, session = micrograph_layers(self._viewer), session_beside(self)
            self._foreign.look(self._run.path, self._run.layers, all_layers, session)
            point_at_mask(self._viewer)
        self._refresh_controls()
        self._predict_if_ready()

    def _on_export_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Export masks to a folder", str(Path.home()))
        if folder:
            self.export_to(Path(folder))

    def _on_export_model_clicked(self) -> None:
        path = self._model.path
        if path is not None:
            ExportModelDialog(path, self).show()
