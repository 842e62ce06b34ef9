"""Which overlay of the instant answer is on screen: that of the micrograph shown, until something better is there."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from napari.layers import Image, Layer
from qtpy.QtCore import QObject, Signal

from napari_csunet.widgets.instant_layer import INSTANT, better_than_instant, instant_layer, instant_layers
from napari_csunet.widgets.layers import micrograph_layers, micrograph_name, role_of


class InstantOverlays(QObject):
    """``changed``: a micrograph has other pixels, or it or something drawn over it was shown or hidden."""

    changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._hidden_by_hand: set[Layer] = set()
        self._watched: list[Layer] = []
        self._is_setting = False

    def shown(self) -> Image | None:
        """The uppermost visible micrograph."""
        return next((layer for layer in reversed(micrograph_layers(self._viewer)) if layer.visible), None)

    def is_taken_over(self, micrograph: Image) -> bool:
        """Whether a mask or a preview of the micrograph is on screen, or what stands for its mask."""
        return any(better_than_instant(one) == micrograph.name for one in self._viewer.layers if one.visible)

    def show_only(self, micrograph: Image | None) -> None:
        """Shows the overlay of one micrograph, unless it was hidden by hand, and hides all others."""
        own = instant_layer(self._viewer, micrograph) if micrograph is not None else None
        self._is_setting = True
        for layer in instant_layers(self._viewer):
            visible = layer is own and layer not in self._hidden_by_hand
            if layer.visible != visible:
                layer.visible = visible
        self._is_setting = False

    def clear(self) -> None:
        """Takes back what was answered."""
        for layer in instant_layers(self._viewer):
            if layer.data.any():
                layer.data[:] = 0
                layer.refresh()

    def forget_hands(self) -> None:
        """What was hidden by hand may be shown again."""
        self._hidden_by_hand.clear()

    def look_around(self) -> None:
        """Takes away overlays of micrographs that are gone, and follows the layers that are there now."""
        names = {layer.name for layer in micrograph_layers(self._viewer)}
        for layer in instant_layers(self._viewer):
            if micrograph_name(layer) not in names:
                self._viewer.layers.remove(layer)
        self._hidden_by_hand &= set(self._viewer.layers)
        watched = [one for one in self._viewer.layers if _is_watched(one)]
        if watched != self._watched:
            self._watch(watched)

    def disconnect_viewer(self) -> None:
        self._watch([])

    def _watch(self, layers: list[Layer]) -> None:
        for layer in self._watched:
            layer.events.visible.disconnect(self._on_visible_changed)
            layer.events.data.disconnect(self._on_data_changed)
        self._watched = layers
        for layer in layers:
            layer.events.visible.connect(self._on_visible_changed)
            layer.events.data.connect(self._on_data_changed)

    def _on_visible_changed(self, event: Any) -> None:
        if self._is_setting:
            return
        if role_of(event.source) == INSTANT:
            change = self._hidden_by_hand.discard if event.source.visible else self._hidden_by_hand.add
            change(event.source)
        else:
            self.changed.emit()

    def _on_data_changed(self, event: Any) -> None:
        if role_of(event.source) is None:
            self.changed.emit()


def _is_watched(layer: Layer) -> bool:
    return isinstance(layer, Image) or role_of(layer) == INSTANT or better_than_instant(layer) is not None
