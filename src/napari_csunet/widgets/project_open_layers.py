"""Which layers of the viewer belong to which micrograph of a project, and what happens when the user removes some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.project.opening import Opened
from napari_csunet.widgets.layers import default_labels, layer_name, role_of
from napari_csunet.widgets.project_autosave import Target
from napari_csunet.widgets.project_layers import add_opened, layers_of


class ProjectOpenLayers(QObject):
    """Micrographs that are open, the one shown last at the end.

    ``changed``: layers came, went or were renamed. ``unsure``: key and layer of an uncertainty that is new.
    ``stray``: a label layer of no micrograph. ``labels_removed`` and ``closed``: by the user, key of the micrograph.
    """

    changed = Signal()
    unsure = Signal(str, object)
    stray = Signal(str)
    labels_removed = Signal(str)
    closed = Signal(str)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._images: dict[str, Image] = {}
        self._labels: dict[str, Labels] = {}
        self._is_ours = False  # the layers that go are removed here
        events = viewer.layers.events
        self._listeners: tuple[tuple[Any, Callable[[Any], None]], ...] = (
            (events.inserted, self._on_layer_inserted),
            (events.removed, self._on_layer_removed),
            (events.renamed, self._on_layer_renamed),
        )
        for event, listener in self._listeners:
            event.connect(listener)

    def disconnect_viewer(self) -> None:
        for event, listener in self._listeners:
            event.disconnect(listener)

    def image(self, key: str | None) -> Image | None:
        return self._images.get(key or "")

    def labels(self, key: str | None) -> Labels | None:
        """The label layer of a micrograph, if it is in the viewer."""
        labels = self._labels.get(key or "")
        return labels if labels in self._viewer.layers else None

    def layer(self, key: str, role: Any) -> Any:
        """The result layer of a micrograph that has this role."""
        image = self._images.get(key)
        name = layer_name(image.name, role) if image is not None else ""
        return next((one for one in self._viewer.layers if one.name == name and role_of(one) == role), None)

    def add(self, opened: Opened, classes: ClassTable) -> None:
        """The layers of a micrograph that has been read, on top."""
        self._images[opened.key], self._labels[opened.key] = add_opened(self._viewer, opened, classes)
        self.changed.emit()

    def mark_shown(self, key: str) -> None:
        self._images[key] = self._images.pop(key)

    def targets(self) -> dict[Labels, Target]:
        """The layers whose content goes to files; labels are known by what they are, however they are called."""
        targets: dict[Labels, Target] = {}
        for key, image in self._images.items():
            labels = self.labels(key) or default_labels(self._viewer, image)
            if labels is not None and labels not in targets:
                targets[labels], self._labels[key] = Target(key, "labels"), labels
            mask = self.layer(key, "mask")
            if mask is not None:
                targets[mask] = Target(key, "mask")
        return targets

    def close_all_but(self, count: int, may_close: Callable[[str, list[Layer]], bool]) -> None:
        """Closes the micrographs that were not shown for longest, if each may be.

        All are asked before the first goes: napari then draws those of another size again, as if they had changed.
        """
        oldest = list(self._images.items())[: -count or None]
        for key in [key for key, image in oldest if may_close(key, layers_of(self._viewer, image))]:
            self._close(key)
        self.changed.emit()

    def _close(self, key: str) -> None:
        image, labels = self._images.pop(key), self._labels.pop(key, None)
        self._is_ours = True
        for layer in dict.fromkeys([*layers_of(self._viewer, image), labels]):  # labels stay its own under any name
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._is_ours = False

    def _owners(self, layer: Layer) -> Iterator[str]:
        yield from (key for key in self._images if self.layer(key, "unsure") == layer)

    def _on_layer_inserted(self, event: Any) -> None:
        layer = event.value
        for key in self._owners(layer):
            layer.events.data.connect(self._on_unsure_changed)
            self.unsure.emit(key, layer)
        self.changed.emit()
        is_labels = isinstance(layer, Labels) and role_of(layer) is None
        if is_labels and self._images and layer not in self._labels.values():
            self.stray.emit(str(layer.name))

    def _on_unsure_changed(self, event: Any) -> None:
        for key in self._owners(event.source):
            self.unsure.emit(key, event.source)

    def _on_layer_renamed(self, event: Any) -> None:
        self.changed.emit()

    def _on_layer_removed(self, event: Any) -> None:
        if not self._is_ours:
            key = next((key for key, labels in self._labels.items() if labels == event.value), "")
            QTimer.singleShot(0, lambda: self._after_removal(key))

    def _after_removal(self, key: str) -> None:
        """Now that all layers that were removed together are gone, closes what is left of their micrographs."""
        for gone in [one for one, image in self._images.items() if image not in self._viewer.layers]:
            self._close(gone)
            self.closed.emit(gone)
        if key in self._images:
            self._labels.pop(key, None)
            self.labels_removed.emit(key)
        self.changed.emit()
