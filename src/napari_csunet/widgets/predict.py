"""The Predict panel: apply a checkpoint, see the masks and their area fractions, export them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QDockWidget, QFileDialog

from napari_csunet.classes import ClassTable
from napari_csunet.config import PredictionConfig
from napari_csunet.reports import PredictionReport
from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.canvas_context import CanvasContext
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.correct import Correct
from napari_csunet.widgets.docking import bring_to_front, dock_of, docked, tabify_with
from napari_csunet.widgets.engine import ModelDescription, describe_model
from napari_csunet.widgets.export import Exported, export_masks, finished_masks, mask_layers
from napari_csunet.widgets.export_model import ExportModelDialog
from napari_csunet.widgets.foreign_check import ForeignCheck
from napari_csunet.widgets.layers import micrograph_layers
from napari_csunet.widgets.models import known_models
from napari_csunet.widgets.panel import CLOSING_S, Panel
from napari_csunet.widgets.predict_layout import PredictLayout
from napari_csunet.widgets.prediction_run import PredictionRun
from napari_csunet.widgets.project_beside import session_beside
from napari_csunet.widgets.result_layers import point_at_mask

LOOK_MS = 500


class PredictWidget(Panel):
    """Chooses a model and micrographs, runs the prediction in a thread, adds the result layers."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("predict_widget")
        self._viewer = napari_viewer
        self._classes: ClassTable | None = None  # of the chosen model, once it has been read
        self._described: Path | None = None
        self._wanted: list[Image] | None = None  # to predict as soon as the model has been read
        self._fractions: dict[str, dict[str, float]] = {}
        self._predicting: tuple[Path, Sequence[Image]] | None = None
        self._failed = False
        self._panel = PredictLayout(self)
        self._run = PredictionRun(napari_viewer)
        self._describing, self._export = Background(), Background()
        self._foreign = ForeignCheck()
        self._correct = Correct(napari_viewer, self._panel.correct, self._classes_to_paint)
        self._dock: QDockWidget | None = None
        self._look_timer = QTimer(self)
        self._look_timer.setSingleShot(True)
        self._look_timer.setInterval(LOOK_MS)
        self._connect_panel()
        self._connect_viewer()
        self._panel.model.set_models(known_models())
        self._refresh_controls()

    def select_model(self, path: Path) -> None:
        self._refresh_models(path)

    def predict_all(self) -> None:
        """Predicts every micrograph, as soon as the model has been read and nothing else is being predicted."""
        self._panel.on_all.setChecked(True)
        self._want(micrograph_layers(self._viewer))

    def export_to(self, folder: Path) -> None:
        """Writes all masks of the session and their area fractions into a folder."""
        self._export.start(export_masks, finished_masks(self._viewer), folder)
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
        self._look_timer.stop()
        self._foreign.stop()
        jobs = (self._describing, self._export, self._foreign.background)
        exports = [dialog.close_background(seconds) for dialog in self.findChildren(ExportModelDialog)]
        ended = [*exports, self._run.close(seconds), self._correct.wand.close(seconds), end_all(jobs, seconds)]
        return all(ended)

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.model.currentIndexChanged.connect(self._on_model_changed)
        panel.model.file_wanted.connect(self._on_model_file_wanted)
        panel.on_all.toggled.connect(self._on_range_toggled)
        panel.start.clicked.connect(self._on_start_clicked)
        panel.stop.clicked.connect(self._on_stop_clicked)
        panel.export.clicked.connect(self._on_export_clicked)
        panel.export_model.clicked.connect(self._on_export_model_clicked)
        self._describing.reported.connect(self._on_describing_reported)
        self._describing.failed.connect(self._on_describing_failed)
        self._describing.finished.connect(self._on_describing_finished)
        self._run.reported.connect(self._on_prediction_reported)
        self._run.predicted.connect(self._on_predicted)
        self._run.failed.connect(self._on_prediction_failed)
        self._run.ended.connect(self._on_prediction_ended)
        self._foreign.warned.connect(self._panel.foreign.say)
        self._foreign.failed.connect(self._panel.foreign.say_error)
        self._look_timer.timeout.connect(self._on_look_timeout)
        self._export.reported.connect(self._on_export_reported)
        self._export.failed.connect(self._on_export_failed)
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
        self._look_timer.start()

    def on_closed(self) -> None:
        self._disconnect_viewer()
        self.close_background()

    def _on_dock_visibility_changed(self, is_visible: bool) -> None:
        if is_visible:
            self._look_timer.start()

    def _on_look_timeout(self) -> None:
        """Reads the model if the panel is in front, not behind the other tab: torch's import would slow other work."""
        if not self.visibleRegion().isEmpty():
            self._refresh_models()

    def _on_layers_changed(self, event: object = None) -> None:
        if not micrograph_layers(self._viewer):
            self._foreign.forget()
        self._refresh_controls()

    def _refresh_models(self, chosen: Path | None = None) -> None:
        self._panel.model.set_models(known_models(), chosen)
        self._on_model_changed()

    def _on_model_file_wanted(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a model", str(Path.home()), "Models (*.safetensors)")
        if path:
            self.select_model(Path(path))

    def _on_model_changed(self, index: int = 0) -> None:
        path = self._panel.model.path()
        if path is not None and path != self._described and not self._describing.is_running:
            self._classes, self._described = None, path
            self._panel.say_model("Reading the model…")
            self._describing.start(describe_model, path)
        self._refresh_controls()

    def _on_describing_reported(self, model: ModelDescription) -> None:
        if model.path == self._described:
            self._classes = model.classes
            self._panel.say_model(model.sentence)
            self._panel.device.set_devices(model.devices)

    def _on_describing_failed(self, error: Exception) -> None:
        self._wanted = None
        self._panel.say_model(str(error))
        self._panel.end()

    def _on_describing_finished(self) -> None:
        self._on_model_changed()
        self._predict_if_ready()

    def _refresh_controls(self) -> None:
        running = self.is_predicting or self._wanted is not None
        self._panel.show_state(running=running, stopping=running and self._run.is_stopping, hint=self._obstacle())
        self._panel.show_export(len(mask_layers(self._viewer)), busy=self._export.is_running)
        self._correct.refresh()

    def _classes_to_paint(self) -> ClassTable:
        """Of new labels where no mask tells them: those that are being painted, else those of the model."""
        from napari_csunet.widgets.fine_tune import FineTuneWidget

        fine_tune = docked(self, FineTuneWidget)
        painted: ClassTable | None = None if fine_tune is None else fine_tune.class_table.value()
        return painted or self._classes or DEFAULT

    def _obstacle(self) -> str:
        """What keeps the prediction from starting, as a request; empty if nothing does."""
        if not micrograph_layers(self._viewer):
            return "Open a micrograph"
        if self._panel.model.path() is None:
            return "Fine-tune first, or open a model"
        if not self._targets():
            return "Show a micrograph, or choose all"
        is_unreadable = self._classes is None and self._panel.model.path() == self._described
        return "Choose another model" if is_unreadable and not self._describing.is_running else ""

    def _targets(self) -> list[Image]:
        layers = micrograph_layers(self._viewer)
        return layers if self._panel.on_all.isChecked() else [layer for layer in layers if layer.visible]

    def _on_range_toggled(self, _: bool) -> None:
        self._refresh_controls()

    def _on_start_clicked(self) -> None:
        self._want(self._targets())

    def _want(self, layers: list[Image]) -> None:
        """Predicts as soon as the model has been read; until then the panel says that it has heard."""
        self._wanted = layers
        if not self.is_predicting:
            self._run.is_stopping = False
            self._panel.begin()
        self._on_model_changed()
        self._predict_if_ready()

    def _predict_if_ready(self) -> None:
        if self._wanted is None or self._classes is None or self._describing.is_running or self.is_predicting:
            return
        layers = [layer for layer in self._wanted if layer in self._viewer.layers]
        self._wanted = None
        path = self._panel.model.path()
        if layers and path is not None:
            self._predict(path, layers, self._classes)
            return
        self._panel.end()
        self._panel.status.say("There is nothing to predict any more: the micrographs were closed.")
        self._refresh_controls()

    def _predict(self, path: Path, layers: Sequence[Image], classes: ClassTable) -> None:
        panel = self._panel
        views, match = panel.views.isChecked(), panel.match.isChecked()
        config = PredictionConfig(test_time_augmentation=views, match_pixel_size=match, device=panel.device.value())
        self._failed = False
        panel.begin()
        self._foreign.stop()
        panel.foreign.say("")
        self._predicting = path, layers
        probability, uncertainty = panel.probability.isChecked(), panel.unsure.isChecked()
        self._run.start(path, layers, classes, config, probability=probability, uncertainty=uncertainty)
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

    def _on_predicted(self, name: str, fractions: dict[str, float], classes: ClassTable) -> None:
        self._fractions[name] = fractions
        self._panel.show_fractions(self._fractions, classes)

    def _on_prediction_failed(self, error: Exception) -> None:
        self._failed = True
        self._panel.status.say_error(error)

    def _on_prediction_ended(self) -> None:
        self._panel.end()
        kept = f" What you had corrected is kept as {' and '.join(self._run.kept)}." if self._run.kept else ""
        kept += "".join(f" {sentence}" for sentence in self._run.told)
        if self._run.is_stopping and not self._failed:
            self._panel.status.say(f"Stopped. The masks that were ready are kept.{kept}")
        elif not self._failed:
            self._look_for_foreign()
            point_at_mask(self._viewer)
            self._panel.status.say(f"Done. Correct a mask with the brush where it is wrong, then export.{kept}")
        self._predicting = None
        self._refresh_controls()
        self._predict_if_ready()

    def _look_for_foreign(self) -> None:
        """Warns before masks of micrographs are used that look unlike what the model learnt from."""
        if self._predicting is not None:
            path, layers = self._predicting
            self._foreign.look(path, layers, micrograph_layers(self._viewer), session_beside(self))

    def _on_export_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Export masks to a folder", str(Path.home()))
        if folder:
            self.export_to(Path(folder))

    def _on_export_model_clicked(self) -> None:
        path = self._panel.model.path()
        if path is not None:
            ExportModelDialog(path, self).show()

    def _on_export_reported(self, news: Exported) -> None:
        if news.table is None:
            self._panel.status.say(f"Exporting {news.done + 1} of {news.total}…")
        else:
            masks = f"{news.total} masks" if news.total > 1 else "1 mask"
            self._panel.status.say(f"{masks} and {news.table.name} are in {news.folder}.")

    def _on_export_failed(self, error: Exception) -> None:
        self._panel.status.say_error(error)
