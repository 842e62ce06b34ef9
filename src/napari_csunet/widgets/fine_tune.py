"""The Fine-tune panel: choose micrographs, paint classes, train, watch, and go on to Predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QWidget

from napari_csunet.classes import ClassTable
from napari_csunet.errors import first_message
from napari_csunet.reports import TrainingReport
from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.class_keys import bind_class_keys, unbind_class_keys
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.docking import docked, tabify_with
from napari_csunet.widgets.engine import DevicesFound, fine_tune_layers, warm_up
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.layers import classes_of, micrograph_name, role_of, source_of
from napari_csunet.widgets.models import new_model_path
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts, note_of, obstacle, total
from napari_csunet.widgets.pixel_sizes import PixelSizes
from napari_csunet.widgets.previews import Previews
from napari_csunet.widgets.result_layers import add_label_layer, paint_with, show_only

PREVIEW_MS = 2000
CLOSING_S = 3


class FineTuneWidget(QWidget):
    """Reads the layers of the viewer, runs the training in a thread, shows what it reports."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("fine_tune_widget")
        self._viewer = napari_viewer
        self._counts: Counts = {}
        self._previews = Previews(napari_viewer, (), DEFAULT)
        self._checkpoint: Path | None = None  # where the training writes, whether it has written yet or not
        self._stopping = self._failed = False
        self._panel = FineTuneLayout(self, napari_viewer)
        self._open = OpenMicrographs(napari_viewer, self._panel.classes.value)
        self._pixel_sizes = PixelSizes(napari_viewer)
        self._training, self._warming = Background(), Background()
        self._preview_timer = QTimer(self)
        self._preview_timer.setInterval(PREVIEW_MS)
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
        return self._training.is_running

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Asks every thread of this panel to end and waits at most so long; False if one goes on."""
        self._preview_timer.stop()
        self._open.stop_counting()
        jobs = (self._training, self._warming, self._open.background, self._pixel_sizes.background)
        return end_all(jobs, seconds)

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
        self._training.reported.connect(self._on_training_reported)
        self._training.failed.connect(self._on_training_failed)
        self._training.finished.connect(self._on_training_finished)
        self._warming.reported.connect(self._on_warming_reported)
        self._preview_timer.timeout.connect(self._on_preview_timeout)

    def _connect_viewer(self) -> None:
        self._open.changed.connect(self._on_open_changed)
        self._open.counted.connect(self._on_open_counted)
        self._open.label_picked.connect(self._panel.classes.mark)
        self._viewer.layers.selection.events.active.connect(self._on_active_layer_changed)
        bind_class_keys(self._viewer, self._panel.classes.pick)

    def _disconnect_viewer(self) -> None:
        self._open.disconnect_viewer()
        self._viewer.layers.selection.events.active.disconnect(self._on_active_layer_changed)
        unbind_class_keys(self._viewer)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        super().showEvent(event)
        QTimer.singleShot(0, self._on_shown)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self._disconnect_viewer()
            self.close_background()

    def _on_shown(self) -> None:
        from napari_csunet.widgets.predict import PredictWidget

        tabify_with(self, docked(self, PredictWidget))
        if not self._warming.is_running and not self._panel.form.has_devices:
            self._warming.start(warm_up)

    def _on_warming_reported(self, found: DevicesFound) -> None:
        self._panel.form.set_devices(found.devices)

    def _on_open_changed(self) -> None:
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
        show_only(self._viewer, micrograph, preview=self.is_training)
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

    def _on_new_labels_clicked(self) -> None:
        micrograph = self._open.find(self._panel.micrographs.current())
        if micrograph is None:
            return
        self._open.choose_labels(micrograph, None)
        if micrograph.name in self._viewer.layers and not micrograph.visible:
            show_only(self._viewer, micrograph, preview=self.is_training)
        add_label_layer(self._viewer, micrograph, self._panel.classes.value())
        self._panel.classes.pick(0)

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
        self._counts = counts
        self._show_counts()

    def _show_counts(self) -> None:
        panel = self._panel
        panel.classes.set_pixels(total(self._counts, panel.micrographs.checked()))
        panel.micrographs.set_notes({name: note_of(self._counts.get(name)) for name in panel.micrographs.names()})
        self._refresh_controls()

    def _refresh_controls(self) -> None:
        hint = obstacle(self._counts, self._panel.micrographs.checked())
        self._panel.show_state(running=self.is_training, stopping=self._stopping, hint=hint)

    def _on_start_clicked(self) -> None:
        try:
            config = self._panel.form.value()
        except ValueError as error:
            self._panel.status.say(f"The settings do not fit together: {first_message(error)}.")
            return
        checked = self._panel.micrographs.checked()
        layers, classes = [layer for layer in self._open.layers() if layer.name in checked], self._panel.classes.value()
        labels = [self._open.label_values(layer) for layer in layers]
        named = next((layer.name for layer in layers if any(self._counts.get(layer.name, {}).values())), "model")
        self._stopping = self._failed = False
        self._checkpoint = new_model_path(named)
        self._panel.begin(classes)
        self._previews = Previews(self._viewer, layers, classes)
        self._previews.begin()
        sources = [source_of(layer) for layer in layers]
        self._training.start(fine_tune_layers, sources, labels, classes, config, self._checkpoint)
        self._preview_timer.start()
        self._refresh_controls()

    def _on_stop_clicked(self) -> None:
        self._stopping = True
        self._training.stop()
        self._refresh_controls()

    def _on_preview_timeout(self) -> None:
        request = self._previews.request()
        if request is not None:
            self._training.send(request)

    def _on_training_reported(self, report: TrainingReport) -> None:
        self._panel.show_progress(report.progress)
        self._panel.curve.add(report)
        if report.message:
            self._panel.status.say(report.message)
        if report.preview is not None:
            self._previews.show(report.preview)

    def _on_training_failed(self, error: Exception) -> None:
        self._failed = True
        self._panel.status.say_error(error)

    def _on_training_finished(self) -> None:
        self._preview_timer.stop()
        self._previews.end()
        saved = self._saved_checkpoint()
        self._panel.end(saved, len(self._open.layers()))
        if self._stopping and not self._failed:
            kept = "The best state so far is kept." if saved else "Nothing was learnt yet."
            self._panel.status.say(f"Stopped. {kept}")
        self._stopping = False
        self._refresh_controls()
        if saved is not None:
            self._tell_predict(saved)

    def _saved_checkpoint(self) -> Path | None:
        return self._checkpoint if self._checkpoint is not None and self._checkpoint.is_file() else None

    def _tell_predict(self, checkpoint: Path) -> None:
        from napari_csunet.widgets.predict import PredictWidget

        predict = docked(self, PredictWidget)
        if predict is not None:
            predict.select_model(checkpoint)

    def _on_next_clicked(self) -> None:
        saved = self._saved_checkpoint()
        if saved is None:
            return
        _, predict = self._viewer.window.add_plugin_dock_widget("napari-csunet", "Predict", tabify=True)
        predict.come_to_front()
        predict.select_model(saved)
        predict.predict_all()
