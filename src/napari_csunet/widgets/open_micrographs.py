"""The micrographs that are open, which label layer belongs to each, and how much is painted on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.correct_target import mask_of
from napari_csunet.widgets.layers import (
    default_labels,
    finest,
    label_layers_for,
    mask_shape,
    micrograph_layers,
    micrograph_name,
    names_of_labels,
    role_of,
    snapshot,
)
from napari_csunet.widgets.paint_counter import PaintCounter
from napari_csunet.widgets.predicted import Corrections, corrections_of


class OpenMicrographs(QObject):
    """Follows the layers of a viewer.

    ``changed``: layers came, went or were renamed. ``counted``: painted pixels of each micrograph and label value.
    ``label_picked``: the value that a label layer paints now.
    """

    changed = Signal()
    counted = Signal(object)
    label_picked = Signal(int)

    def __init__(self, viewer: ViewerModel, classes: Callable[[], ClassTable]) -> None:
        super().__init__()
        self._viewer = viewer
        self._classes = classes
        self._chosen: dict[Image, Labels] = {}  # where the user chose one
        self._names: dict[Image, str] = {}
        self._watched: list[Labels] = []
        self._counter = PaintCounter()
        self._counter.counted.connect(self.counted)
        events = viewer.layers.events
        self._layer_events = (events.inserted, events.removed, events.renamed)
        for event in self._layer_events:
            event.connect(self.refresh)

    @property
    def background(self) -> Background:
        """The thread that counts."""
        return self._counter.background

    def layers(self) -> list[Image]:
        return micrograph_layers(self._viewer)

    def find(self, name: str | None) -> Image | None:
        return next((layer for layer in self.layers() if layer.name == name), None)

    def fitting_labels(self, micrograph: Image) -> list[Labels]:
        """Label layers of the micrograph's shape."""
        return label_layers_for(self._viewer, micrograph)

    def labels_of(self, micrograph: Image) -> Labels | None:
        """The label layer that the user chose, else the one that is named or shaped like the micrograph."""
        chosen = self._chosen.get(micrograph)
        fits = chosen in self.fitting_labels(micrograph)
        return chosen if fits else default_labels(self._viewer, micrograph)

    def label_layers(self) -> list[Labels]:
        return [labels for layer in self.layers() if (labels := self.labels_of(layer)) is not None]

    def labelled(self) -> set[str]:
        """Names of the micrographs that have a label layer."""
        return {layer.name for layer in self.layers() if self.labels_of(layer) is not None}

    def label_values(self, micrograph: Image) -> Any:
        """What is painted now, see ``snapshot``; without a label layer, all unlabelled."""
        labels = self.labels_of(micrograph)
        return np.zeros(mask_shape(micrograph), np.uint8) if labels is None else snapshot(finest(labels))

    def corrections(self, micrograph: Image) -> Corrections | None:
        """What its labels may correct; None without a label layer."""
        labels = self.labels_of(micrograph)
        return None if labels is None else corrections_of(labels, mask_of(self._viewer, micrograph), self._classes())

    def choose_labels(self, micrograph: Image, labels: Labels | None) -> None:
        """Remembers a choice, or forgets it with None."""
        if labels is None:
            self._chosen.pop(micrograph, None)
        else:
            self._chosen[micrograph] = labels
        self.refresh()

    def recount(self, event: object = None) -> None:
        """Counts what is painted, in a thread; ``counted`` tells the result."""
        pairs = ((layer.name, self.labels_of(layer)) for layer in self.layers())
        arrays = {name: finest(labels) for name, labels in pairs if labels is not None}
        self._counter.count(arrays, self._classes())

    def stop_counting(self) -> None:
        self._counter.stop()

    def disconnect_viewer(self) -> None:
        for event in self._layer_events:
            event.disconnect(self.refresh)
        self._watch([])

    def refresh(self, event: object = None) -> None:
        """Looks at all layers again."""
        self._follow_names()
        self._chosen = {micrograph: labels for micrograph, labels in self._chosen.items() if micrograph in self._names}
        self._watch(self.label_layers())
        self.changed.emit()
        self.recount()

    def _follow_names(self) -> None:
        """Renames what belongs to a micrograph along with it, and keeps a label layer that only its name tied to it."""
        before, self._names = self._names, {layer: layer.name for layer in self.layers()}
        for micrograph, name in before.items():
            if self._names.get(micrograph, name) == name:
                continue
            tied = next((layer for layer in self._watched if layer.name in names_of_labels(name)), None)
            if tied is not None:
                self._chosen.setdefault(micrograph, tied)
            for layer in [one for one in self._viewer.layers if role_of(one) and micrograph_name(one) == name]:
                layer.name = micrograph.name + layer.name.removeprefix(name)

    def _watch(self, layers: list[Labels]) -> None:
        """Follows what is painted on these layers, and on no others."""
        for layer in self._watched:
            for event in _changes_of(layer):
                event.disconnect(self.recount)
            layer.events.selected_label.disconnect(self._on_selected_label_changed)
        self._watched = layers
        for layer in layers:
            for event in _changes_of(layer):
                event.connect(self.recount)
            layer.events.selected_label.connect(self._on_selected_label_changed)

    def _on_selected_label_changed(self, event: Any) -> None:
        self.label_picked.emit(int(event.source.selected_label))


def _changes_of(layer: Labels) -> tuple[Any, ...]:
    """Events that tell of other pixels; only ``set_data`` tells of a stroke that was undone."""
    return layer.events.paint, layer.events.labels_update, layer.events.data, layer.events.set_data
