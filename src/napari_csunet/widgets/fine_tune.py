"""The Fine-tune panel: choose micrographs, paint classes, train, watch, and go on to Predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari.layers import Image
from napari.viewer import Viewer

from napari_csunet.classes import ClassTable
from napari_csunet.errors import first_message
from napari_csunet.reports import TrainingReport
from napari_csunet.widgets.adapt import AdaptDialog
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.canvas_context import CanvasContext
from napari_csunet.widgets.class_keys import bind_class_keys, unbind_class_keys
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.docking import docked, tabify_with
from napari_csunet.widgets.engine import DevicesFound
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.instant_answer import InstantAnswer
from napari_csunet.widgets.layers import classes_of, layer_name, micrograph_name, role_of, source_of
from napari_csunet.widgets.models import new_model_path
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts, note_of, obstacle, total
from napari_csunet.widgets.panel import Panel
from napari_csunet.widgets.pixel_sizes import PixelSizes
from napari_csunet.widgets.project import ProjectWidget
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.result_layers import add_label_layer, paint_with, show_only
from napari_csunet.widgets.training_material import training_layers, training_material, with_closed
from napari_csunet.widgets.training_run import TrainingRun
from napari_csunet.widgets.warm_up import WarmUp

CLOSING_S = 3


class FineTuneWidget(Panel):
    """Reads the layers of the viewer, has a network trained on them, shows what is reported."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("fine_tune_widget")
        self._viewer = napari_viewer
        self._counts: Counts = {}
        self._failed = False
        self._note = ""  # said beside what the labels lack, until the next change
        self._warming = WarmUp()
        self._panel = FineTuneLayout(self, napari_viewer, self._warming.when_free)
        self._open = OpenMicrographs(napari_viewer, self._panel.classes.value)
        self._pixel_sizes = PixelSizes(napari_viewer)
        self._run = TrainingRun(napari_viewer)
        self._instant = InstantAnswer(napari_viewer, self._open, self._panel.classes.value)
        self._adapt: AdaptDialog | None = None
        self._connect_panel()
        self._connect_viewer()
        self._open.refresh()

    @property
    def form(self) -> Any:
        """The form over the TrainingConfig."""
        return self._panel.form

    @property
    def class_table(self) -> Any:
        """The form over the ClassTable."""
        return self._panel.classes

    @property
    def is_training(self) -> bool:
        return self._run.is_running

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Asks every thread of this panel to end and waits at most so long, thrice; False if one goes on."""
        self._warming.pause()
        self._panel.empty.stop()
        self._open.stop_counting()
        self._instant.stop()
        others = (self._open.background, self._pixel_sizes.background, self._instant.background)
        jobs = (self._warming.background, *others)
        adapted = self._adapt is None or self._adapt.close_background(seconds)
        return all([adapted, self._run.close(seconds), end_all(jobs, seconds)])  # a list: all of them are asked

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.micrographs.checks_changed.connect(self._on_micrographs_checked)
        panel.micrographs.micrograph_picked.connect(self._on_micrograph_picked)
        panel.labels.activated.connect(self._on_labels_activated)
        panel.new_labels.clicked.connect(self._on_new_labels_clicked)
        panel.classes.value_changed.connect(self._on_classes_changed)
        panel.classes.class_picked.connect(self._on_class_picked)
        panel.start.clicked.connect(self._on_start_clicked)
        panel.stop.clicked.connect(self._on_stop_clicked)
        panel.next.clicked.connect(self._on_next_clicked)
        panel.form.adapt_clicked.connect(self._on_adapt_clicked)
        panel.instant.toggled.connect(self._instant.set_enabled)
        self._instant.said.connect(panel.instant_status.say)
        self._instant.failed.connect(panel.instant_status.say_error)
        self._run.reported.connect(self._on_training_reported)
        self._run.failed.connect(self._on_training_failed)
        self._run.ended.connect(self._on_training_ended)
        self._warming.reported.connect(self._on_warming_reported)
        self._pixel_sizes.noticed.connect(panel.status.say)

    def _connect_viewer(self) -> None:
        self._open.changed.connect(self._on_open_changed)
        self._open.counted.connect(self._on_open_counted)
        self._open.label_picked.connect(self._panel.classes.mark)
        self._viewer.layers.selection.events.active.connect(self._on_active_layer_changed)
        bind_class_keys(self._viewer, self._panel.classes.pick)
        self._canvas_context = CanvasContext(self._viewer, self)

    def _disconnect_viewer(self) -> None:
        self._open.disconnect_viewer()
        self._instant.disconnect_viewer()
        self._viewer.layers.selection.events.active.disconnect(self._on_active_layer_changed)
        unbind_class_keys(self._viewer)
        self._canvas_context.disconnect()

    def on_shown(self) -> None:
        from napari_csunet.widgets.predict import PredictWidget

        tabify_with(self, docked(self, PredictWidget))
        self._warming.start()

    def on_closed(self) -> None:
        self._disconnect_viewer()
        self.close_background()

    def _on_warming_reported(self, found: DevicesFound | None) -> None:
        if found is not None:
            self._panel.form.set_devices(found.devices)

    def _on_open_changed(self) -> None:
        self._warming.wait_for_quiet()
        layers = self._open.layers()
        self._panel.show_empty(not layers)
        self._panel.micrographs.set_names([layer.name for layer in layers])
        self._adopt_classes()
        self._pixel_sizes.look_up()
        self._fill_labels_combo()
        self._refresh_controls()

    def _adopt_classes(self) -> None:
        """Takes over the class table that label layers bring along, as long as none was made here."""
        found = (classes_of(layer.metadata) for layer in self._open.label_layers())
        tables = [table for table in found if table is not None]
        if self._panel.classes.value() == DEFAULT and tables:
            self._panel.classes.set_value(tables[0])

    def _on_active_layer_changed(self, event: Any) -> None:
        owner = micrograph_name(event.value) if event.value is not None and event.value.visible else None
        if owner is not None:
            self._panel.micrographs.set_current(owner)
            self._fill_labels_combo()

    def _on_micrograph_picked(self, name: str) -> None:
        micrograph = self._open.find(name)
        if micrograph is None:
            return
        self._show_only(micrograph)
        labels = self._open.labels_of(micrograph)
        self._viewer.layers.selection.active = labels if labels is not None else micrograph
        self._fill_labels_combo()

    def _on_micrographs_checked(self) -> None:
        self._show_counts()

    def _fill_labels_combo(self) -> None:
        micrograph = self._open.find(self._panel.micrographs.current())
        fitting = self._open.fitting_labels(micrograph) if micrograph is not None else []
        current = self._open.labels_of(micrograph) if micrograph is not None else None
        self._panel.show_labels([layer.name for layer in fitting], current.name if current is not None else None)

    def _on_labels_activated(self, index: int) -> None:
        micrograph = self._open.find(self._panel.micrographs.current())
        if micrograph is not None:
            self._open.choose_labels(micrograph, self._open.fitting_labels(micrograph)[index])

    def _show_only(self, micrograph: Image) -> None:
        """Brings a micrograph on screen, with its preview unless a mask is better."""
        is_predicted = layer_name(micrograph.name, "mask") in self._viewer.layers
        show_only(self._viewer, micrograph, preview=self.is_training or not is_predicted)
        self._instant.show_again()

    def _on_new_labels_clicked(self) -> None:
        micrograph = self._open.find(self._panel.micrographs.current())
        if micrograph is None:
            return
        if micrograph.name in self._viewer.layers and not micrograph.visible:
            self._show_only(micrograph)
        labels = self._open.labels_of(micrograph)
        if labels is None:
            add_label_layer(self._viewer, micrograph, self._panel.classes.value())
            self._panel.classes.pick_first()
        else:
            labels.visible = True
            self._note = f"{micrograph.name} has labels already: go on painting on them."
            self._on_class_picked(labels.selected_label)
        self._refresh_controls()

    def _on_classes_changed(self, classes: ClassTable) -> None:
        for layer in self._open.label_layers():
            if role_of(layer) == "labels":
                paint_with(layer, classes)
        self._open.recount()

    def _on_class_picked(self, value: int) -> None:
        micrograph = self._open.find(self._panel.micrographs.current())
        labels = self._open.labels_of(micrograph) if micrograph is not None else None
        if labels is None:
            return
        labels.selected_label = value
        if labels.mode not in ("paint", "fill", "polygon"):
            labels.mode = "paint"
        self._viewer.layers.selection.active = labels

    def _on_open_counted(self, counts: Counts) -> None:
        self._note = self._note if counts == self._counts else ""
        self._counts = counts
        self._warming.wait_for_quiet()
        self._show_counts()
        self._instant.refresh(counts)

    def _show_counts(self) -> None:
        panel = self._panel
        counts, names, _ = self._trained()
        panel.classes.set_pixels(total(counts, names))
        panel.micrographs.set_notes({name: note_of(self._counts.get(name)) for name in panel.micrographs.names()})
        self._refresh_controls()

    def _refresh_controls(self) -> None:
        hint = obstacle(*self._trained())
        running, stopping = self.is_training, self._run.is_stopping
        self._panel.show_state(running=running, stopping=stopping, hint=hint, note=self._note)

    def _checked_layers(self) -> list[Image]:
        checked = self._panel.micrographs.checked()
        return [layer for layer in self._open.layers() if layer.name in checked]

    def _session(self) -> ProjectSession | None:
        project = docked(self, ProjectWidget)
        return None if project is None else project.session

    def _trained(self) -> tuple[Counts, list[str], set[str]]:
        """Pixels by micrograph, names of those that train, and names of those with labels."""
        names = [layer.name for layer in training_layers(self._checked_layers(), self._session())]
        return with_closed(self._counts, names, self._open.labelled(), self._session())

    def _on_start_clicked(self) -> None:
        try:
            config = self._panel.form.value()
        except ValueError as error:
            self._panel.status.say(f"The settings do not fit together: {first_message(error)}.")
            return
        layers, classes = self._checked_layers(), self._panel.classes.value()
        material = training_material(layers, self._counts, self._open.label_values, self._session())
        named = next((layer.name for layer in layers if any(self._counts.get(layer.name, {}).values())), "model")
        self._failed, self._note = False, ""
        self._warming.pause()
        self._instant.pause()
        self._panel.begin(classes)
        self._run.start(material, classes, config, new_model_path(named))
        self._refresh_controls()

    def _on_stop_clicked(self) -> None:
        self._run.stop()
        self._refresh_controls()

    def _on_training_reported(self, report: TrainingReport) -> None:
        self._panel.show_progress(report.progress)
        self._panel.curve.add(report)
        if report.message:
            self._panel.status.say(report.message)

    def _on_training_failed(self, error: Exception) -> None:
        self._failed = True
        self._panel.status.say_error(error)

    def _on_training_ended(self) -> None:
        saved = self._run.saved
        self._panel.end(saved, len(self._open.layers()))
        if self._run.is_stopping and not self._failed:
            kept = "The best state so far is kept." if saved else "Nothing was learnt yet."
            self._panel.status.say(f"Stopped. {kept}")
        self._run.is_stopping = False
        self._warming.start()
        self._instant.resume()
        self._refresh_controls()
        if saved is not None:
            self._tell_predict(saved)

    def _tell_predict(self, checkpoint: Path) -> None:
        from napari_csunet.widgets.predict import PredictWidget

        predict = docked(self, PredictWidget)
        if predict is not None:
            predict.select_model(checkpoint)

    def _on_next_clicked(self) -> None:
        saved = self._run.saved
        if saved is None:
            return
        self._run.stop_showing()
        _, predict = self._viewer.window.add_plugin_dock_widget("napari-csunet", "Predict", tabify=True)
        predict.come_to_front()
        predict.select_model(saved)
        predict.predict_all()

    def _on_adapt_clicked(self) -> None:
        if self._adapt is None:
            layers = self._open.layers
            self._adapt = AdaptDialog(lambda: [source_of(layer) for layer in layers()], self._panel.form.value, self)
            self._adapt.adapted.connect(self._panel.form.set_weights)
        self._warming.pause()
        self._adapt.show()
        self._adapt.raise_()
