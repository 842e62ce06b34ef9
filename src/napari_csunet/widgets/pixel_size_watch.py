"""Tells when layers get another scale, whoever gives it: a header, another panel, napari itself."""

from __future__ import annotations

from weakref import WeakSet

from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject, QTimer, Signal


class SizeWatch(QObject):
    """``changed``: once for all layers that change together."""

    changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._watched: WeakSet[Layer] = WeakSet()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.changed)

    def watch(self) -> None:
        """New layers too."""
        for layer in self._viewer.layers:
            if isinstance(layer, Image | Labels) and layer not in self._watched:
                self._watched.add(layer)
                layer.events.scale.connect(self._on_layer_changed)
                layer.events.units.connect(self._on_layer_changed)

    def disconnect_layers(self) -> None:
        self._timer.stop()
        for layer in list(self._watched):
            layer.events.scale.disconnect(self._on_layer_changed)
            layer.events.units.disconnect(self._on_layer_changed)
        self._watched.clear()

    def _on_layer_changed(self, event: object = None) -> None:
        self._timer.start()
