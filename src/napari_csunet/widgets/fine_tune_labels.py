"""The first half of the Fine-tune panel: the micrograph that is chosen, its label layer, and the classes to paint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.training.finding import Finding
from napari_csunet.widgets.brush_wheel import BrushWheel
from napari_csunet.widgets.class_keys import bind_class_keys, unbind_class_keys
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.layers import classes_of, layer_name, micrograph_name, role_of
from napari_csunet.widgets.magic_wand import holds_wand
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.result_layers import add_label_layer, paint_with, show_only
from napari_csunet.widgets.show_place import show_place


class LabelSection(QObject):
    """Follows clicks and layers. ``shown``: a micrograph was brought on screen. ``noted``: ``note`` says something."""

    shown = Signal()
    noted = Signal()

    def __init__(
        self, viewer: Viewer, panel: FineTuneLayout, opened: OpenMicrographs, is_training: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._viewer, self._panel, self._open, self._is_training = viewer, panel, opened, is_training
        self.note = ""  # said beside what the labels lack, until the next change
        panel.micrographs.micrograph_picked.connect(self._on_micrograph_picked)
        panel.labels.activated.connect(self._on_labels_activated)
        panel.new_labels.clicked.connect(self._on_new_labels_clicked)
        panel.classes.value_changed.connect(self._on_classes_changed)
        panel.classes.class_picked.connect(self._on_class_picked)
        panel.checks.show_wanted.connect(self._on_show_wanted)
        opened.label_picked.connect(panel.classes.mark)
        viewer.layers.selection.events.active.connect(self._on_active_layer_changed)
        bind_class_keys(viewer, panel.classes.pick)
        self._brush_wheel = BrushWheel(viewer)

    def disconnect_viewer(self) -> None:
        self._viewer.layers.selection.events.active.disconnect(self._on_active_layer_changed)
        unbind_class_keys(self._viewer)
        self._brush_wheel.disconnect()

    def refresh(self) -> None:
        """Layers came, went or were renamed."""
        layers = self._open.layers()
        self._panel.show_empty(not layers)
        self._panel.micrographs.set_names([layer.name for layer in layers])
        self._adopt_classes()
        self._fill_labels_combo()

    def _adopt_classes(self) -> None:
        """Takes over the class table that label layers bring along, as long as none was made here."""
        found = (classes_of(layer.metadata) for layer in self._open.label_layers())
        tables = [table for table in found if table is not None]
        if self._panel.classes.value() == DEFAULT and tables:
            self._panel.classes.set_value(tables[0])

    def _fill_labels_combo(self) -> None:
        micrograph = self._current()
        fitting = self._open.fitting_labels(micrograph) if micrograph is not None else []
        current = self._open.labels_of(micrograph) if micrograph is not None else None
        self._panel.show_labels([layer.name for layer in fitting], current.name if current is not None else None)

    def _current(self) -> Image | None:
        return self._open.find(self._panel.micrographs.current())

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

    def _show_only(self, micrograph: Image) -> None:
        """Brings a micrograph on screen, with its preview unless a mask is better."""
        is_predicted = layer_name(micrograph.name, "mask") in self._viewer.layers
        show_only(self._viewer, micrograph, preview=self._is_training() or not is_predicted)
        self.shown.emit()

    def _on_labels_activated(self, index: int) -> None:
        micrograph = self._current()
        if micrograph is not None:
            self._open.choose_labels(micrograph, self._open.fitting_labels(micrograph)[index])

    def _on_new_labels_clicked(self) -> None:
        micrograph = self._current()
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
            self.note = f"{micrograph.name} has labels already: go on painting on them."
            self._on_class_picked(labels.selected_label)
        self.noted.emit()

    def _on_classes_changed(self, classes: ClassTable) -> None:
        for layer in self._open.label_layers():
            if role_of(layer) == "labels":
                paint_with(layer, classes)
        self._open.recount()

    def _on_class_picked(self, value: int) -> None:
        micrograph = self._current()
        labels = self._open.labels_of(micrograph) if micrograph is not None else None
        if labels is None:
            return
        labels.selected_label = value
        if labels.mode not in ("paint", "fill", "polygon") and not holds_wand(labels):
            labels.mode = "paint"
        self._viewer.layers.selection.active = labels

    def _on_show_wanted(self, finding: Finding) -> None:
        """Brings the place on screen, and chooses the class that a finding is about."""
        micrograph = self._open.find(finding.micrograph)
        if micrograph is not None:
            self._panel.micrographs.set_current(micrograph.name)
            self._on_micrograph_picked(micrograph.name)
            if finding.place is not None:
                show_place(self._viewer, micrograph, finding.place)
        values = self._panel.classes.value().values
        if finding.value in values:
            self._panel.classes.pick(values.index(finding.value))
