"""The Fine-tune panel: choose micrographs, paint classes, train, watch, and go on to Predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels
from napari.viewer import Viewer
from qtpy.QtCore import QEvent, QTimer, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QWidget

from napari_csunet.classes import ClassTable
from napari_csunet.reports import TrainingReport
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.class_keys import bind_class_keys, unbind_class_keys
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.docking import docked, tabify_with
from napari_csunet.widgets.engine import DevicesFound, fine_tune_layers, warm_up
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.layers import (
    classes_of,
    default_labels,
    finest,
    label_layers_for,
    mask_shape,
    micrograph_layers,
    micrograph_name,
    preview_request,
    role_of,
    source_of,
)
from napari_csunet.widgets.models import new_model_path
from napari_csunet.widgets.paint_counter import Counts, PaintCounter, total
from napari_csunet.widgets.pixel_sizes import PixelSizes
from napari_csunet.widgets.result_layers import (
    add_label_layer,
    hide_preview,
    paint_with,
    prepare_preview,
    show_only,
    show_preview,
)
from napari_csunet.widgets.status import time_left

PREVIEW_MS = 2000
WARM_UP_MS = 600
CLOSING_S = 30


class FineTuneWidget(QWidget):
    """Reads the layers of the viewer, runs the training in a thread, shows what it reports."""

    model_made = Signal(object)

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("fine_tune_widget")
        self._viewer = napari_viewer
        self._chosen_labels: dict[str, str] = {}  # label layer by micrograph, where the user chose one
        self._watched: list[Labels] = []
        self._counts: Counts = {}
        self._in_training: list[str] = []
        self._checkpoint: Path | None = None
        self._stopping = self._failed = False
        self._panel = FineTuneLayout(self, napari_viewer)
        self._counter = PaintCounter()
        self._pixel_sizes = PixelSizes(napari_viewer)
        self._training, self._warming = Background(), Background()
        self._preview_timer = QTimer(self)
        self._preview_timer.setInterval(PREVIEW_MS)
        self._connect_panel()
        self._connect_viewer()
        self._on_layers_changed()

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

    def close_background(self) -> bool:
        """Asks every thread of this panel to end and waits; False if one goes on."""
        self._preview_timer.stop()
        self._counter.stop()
        jobs = (self._training, self._warming, self._counter.background, self._pixel_sizes.background)
        for job in jobs:
            job.stop()
        return sum(job.wait(CLOSING_S) for job in jobs) == len(jobs)

    # ---- connections

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
        self._counter.counted.connect(self._on_counter_counted)
        self._training.reported.connect(self._on_training_reported)
        self._training.failed.connect(self._on_training_failed)
        self._training.finished.connect(self._on_training_finished)
        self._warming.reported.connect(self._on_warming_reported)
        self._preview_timer.timeout.connect(self._on_preview_timeout)

    def _connect_viewer(self) -> None:
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            event.connect(self._on_layers_changed)
        self._viewer.layers.selection.events.active.connect(self._on_active_layer_changed)
        bind_class_keys(self._viewer, self._panel.classes.pick)

    def _disconnect_viewer(self) -> None:
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            event.disconnect(self._on_layers_changed)
        self._viewer.layers.selection.events.active.disconnect(self._on_active_layer_changed)
        self._watch([])
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

    # ---- what is open

    def _micrograph(self, name: str | None) -> Image | None:
        return next((layer for layer in micrograph_layers(self._viewer) if layer.name == name), None)

    def _labels_of(self, micrograph: Image) -> Labels | None:
        fitting = label_layers_for(self._viewer, micrograph)
        chosen = self._chosen_labels.get(micrograph.name)
        return next((layer for layer in fitting if layer.name == chosen), default_labels(self._viewer, micrograph))

    def _on_layers_changed(self, event: object = None) -> None:
        layers = micrograph_layers(self._viewer)
        self._panel.show_empty(not layers)
        self._panel.micrographs.set_names([layer.name for layer in layers])
        found = [labels for layer in layers if (labels := self._labels_of(layer)) is not None]
        self._adopt_classes(found)
        self._watch(found)
        self._pixel_sizes.look_up()
        self._fill_labels_combo()
        self._recount()
        self._refresh_controls()

    def _adopt_classes(self, found: list[Labels]) -> None:
        """Takes over the class table that label layers bring along, as long as none was made here."""
        tables = [table for layer in found if (table := classes_of(layer.metadata)) is not None]
        if self._panel.classes.value() == DEFAULT and tables:
            self._panel.classes.set_value(tables[0])

    def _watch(self, layers: list[Labels]) -> None:
        """Follows what is painted on these layers, and on no others."""
        for layer in self._watched:
            layer.events.paint.disconnect(self._recount)
            layer.events.labels_update.disconnect(self._recount)
            layer.events.data.disconnect(self._recount)
            layer.events.selected_label.disconnect(self._on_selected_label_changed)
        self._watched = layers
        for layer in layers:
            layer.events.paint.connect(self._recount)
            layer.events.labels_update.connect(self._recount)
            layer.events.data.connect(self._recount)
            layer.events.selected_label.connect(self._on_selected_label_changed)

    def _on_selected_label_changed(self, event: Any) -> None:
        self._panel.classes.mark(int(event.source.selected_label))

    def _on_active_layer_changed(self, event: Any) -> None:
        owner = micrograph_name(event.value) if event.value is not None and event.value.visible else None
        if owner is not None:
            self._panel.micrographs.set_current(owner)
            self._fill_labels_combo()

    def _on_micrograph_picked(self, name: str) -> None:
        micrograph = self._micrograph(name)
        if micrograph is None:
            return
        show_only(self._viewer, micrograph)
        labels = self._labels_of(micrograph)
        self._viewer.layers.selection.active = labels if labels is not None else micrograph
        self._fill_labels_combo()

    def _on_micrographs_checked(self) -> None:
        self._show_counts()

    def _fill_labels_combo(self) -> None:
        micrograph = self._micrograph(self._panel.micrographs.current())
        fitting = label_layers_for(self._viewer, micrograph) if micrograph is not None else []
        current = self._labels_of(micrograph) if micrograph is not None else None
        self._panel.show_labels([layer.name for layer in fitting], current.name if current is not None else None)

    def _on_labels_activated(self, index: int) -> None:
        name = self._panel.micrographs.current()
        if name is not None:
            self._chosen_labels[name] = self._panel.labels.itemText(index)
            self._on_layers_changed()

    def _on_new_labels_clicked(self) -> None:
        micrograph = self._micrograph(self._panel.micrographs.current())
        if micrograph is None:
            return
        self._chosen_labels.pop(micrograph.name, None)
        if micrograph.name in self._viewer.layers and not micrograph.visible:
            show_only(self._viewer, micrograph)
        add_label_layer(self._viewer, micrograph, self._panel.classes.value())
        self._panel.classes.pick(0)

    # ---- classes and painting

    def _on_classes_changed(self, classes: ClassTable) -> None:
        for layer in self._watched:
            if role_of(layer) == "labels":
                paint_with(layer, classes)
        self._recount()

    def _on_class_picked(self, value: int) -> None:
        micrograph = self._micrograph(self._panel.micrographs.current())
        labels = self._labels_of(micrograph) if micrograph is not None else None
        if labels is None:
            return
        labels.selected_label = value
        if labels.mode not in ("paint", "fill", "polygon"):
            labels.mode = "paint"
        self._viewer.layers.selection.active = labels

    def _recount(self, event: object = None) -> None:
        pairs = ((layer.name, self._labels_of(layer)) for layer in micrograph_layers(self._viewer))
        arrays = {name: finest(labels) for name, labels in pairs if labels is not None}
        self._counter.count(arrays, self._panel.classes.value())

    def _on_counter_counted(self, counts: Counts) -> None:
        self._counts = counts
        self._show_counts()

    def _show_counts(self) -> None:
        panel = self._panel
        panel.classes.set_pixels(total(self._counts, panel.micrographs.checked()))
        panel.micrographs.set_notes({name: _painted(self._counts.get(name)) for name in panel.micrographs.names()})
        self._refresh_controls()

    # ---- training

    def _refresh_controls(self) -> None:
        self._panel.show_state(running=self.is_training, stopping=self._stopping, hint=self._obstacle())

    def _obstacle(self) -> str:
        """What keeps the training from starting, as a request; empty if nothing does."""
        checked = self._panel.micrographs.checked()
        if not checked:
            return "Check at least one micrograph"
        if not any(name in self._counts for name in checked):
            return "Make labels and paint at least two classes"
        painted = [value for value, pixels in total(self._counts, checked).items() if pixels]
        if not painted:
            return "Paint at least two classes"
        return "Paint one more class, the background too" if len(painted) == 1 else ""

    def _on_start_clicked(self) -> None:
        try:
            config = self._panel.form.value()
        except ValueError as error:
            self._panel.status.say(f"The settings do not fit together: {_first_message(error)}.")
            return
        layers = [layer for name in self._panel.micrographs.checked() if (layer := self._micrograph(name)) is not None]
        labels = [self._label_values(layer) for layer in layers]
        self._in_training = [layer.name for layer in layers]
        self._stopping = self._failed = False
        self._checkpoint = None
        named = next((name for name in self._in_training if any(self._counts.get(name, {}).values())), "model")
        self._panel.begin(self._panel.classes.value())
        sources = [source_of(layer) for layer in layers]
        classes = self._panel.classes.value()
        for layer in [layer for layer in layers if layer.visible][-1:]:
            prepare_preview(self._viewer, layer, classes)
        self._training.start(fine_tune_layers, sources, labels, classes, config, new_model_path(named))
        self._preview_timer.start()
        self._refresh_controls()

    def _label_values(self, micrograph: Image) -> npt.NDArray[np.integer]:
        """A copy, so that painting may go on; without a label layer, all unlabelled."""
        labels = self._labels_of(micrograph)
        if labels is None:
            return np.zeros(mask_shape(micrograph), np.uint8)
        return np.array(finest(labels))

    def _on_stop_clicked(self) -> None:
        self._stopping = True
        self._training.stop()
        self._refresh_controls()

    def _on_preview_timeout(self) -> None:
        shown = [
            layer for layer in micrograph_layers(self._viewer) if layer.visible and layer.name in self._in_training
        ]
        if shown:
            self._training.send(preview_request(self._viewer, shown[-1], self._in_training.index(shown[-1].name)))

    def _on_training_reported(self, report: TrainingReport) -> None:
        self._checkpoint = report.checkpoint or self._checkpoint
        self._panel.show_progress(report.progress, time_left(report.progress.remaining_s))
        self._panel.curve.add(report)
        if report.message:
            self._panel.status.say(report.message)
        if report.preview is not None:
            micrograph = self._micrograph(self._in_training[report.preview.micrograph])
            if micrograph is not None and mask_shape(micrograph)[-2:] >= report.preview.mask.shape:
                show_preview(self._viewer, micrograph, report.preview, self._panel.classes.value())

    def _on_training_failed(self, error: Exception) -> None:
        self._failed = True
        self._panel.status.say_error(error)

    def _on_training_finished(self) -> None:
        self._preview_timer.stop()
        for name in self._in_training:
            hide_preview(self._viewer, name)
        saved = self._saved_checkpoint()
        self._panel.end(saved, len(micrograph_layers(self._viewer)))
        if self._stopping and not self._failed:
            kept = "The best state so far is kept." if saved else "Nothing was learnt yet."
            self._panel.status.say(f"Stopped. {kept}")
        self._stopping = False
        self._refresh_controls()
        if saved is not None:
            self.model_made.emit(saved)
            self._tell_predict(saved)

    def _saved_checkpoint(self) -> Path | None:
        return self._checkpoint if self._checkpoint is not None and self._checkpoint.is_file() else None

    # ---- next step

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


def _painted(counts: dict[int, int] | None) -> str:
    if counts is None:
        return ""
    painted = sum(1 for pixels in counts.values() if pixels)
    return f"{painted} classes painted" if painted != 1 else "1 class painted"


def _first_message(error: ValueError) -> str:
    errors = getattr(error, "errors", lambda: [{"msg": str(error)}])()
    return str(errors[0]["msg"]).removeprefix("Value error, ")
