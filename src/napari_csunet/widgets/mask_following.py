"""Added masks follow their micrographs: above them in the list, and on screen when they are."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

from napari.components import ViewerModel
from napari.layers import Image, Layer
from qtpy.QtCore import QObject, QTimer

from napari_csunet.widgets.layers import micrograph_layers, pictures_of, role_of
from napari_csunet.widgets.mask_layers import ADDED, fitting_micrograph
from napari_csunet.widgets.measure_sources import measurable_layers, micrograph_of


def show_alone(viewer: ViewerModel, mask: Layer) -> None:
    """Brings a mask on screen with its micrograph and hides the other masks and micrographs."""
    shown = (mask, micrograph_of(viewer, mask))
    for layer in (*micrograph_layers(viewer), *measurable_layers(viewer)):
        if layer.visible != (layer in shown):
            layer.visible = layer in shown


class MaskFollowing(QObject):
    """``cover_of``: the layer that stands for a mask on screen, if there is one."""

    def __init__(self, viewer: ViewerModel, cover_of: Callable[[Layer], Layer | None]) -> None:
        super().__init__()
        self._viewer, self._cover_of = viewer, cover_of
        self._watched: WeakSet[Image] = WeakSet()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._follow)

    def watch(self) -> None:
        """Layers came or went: those that belong together come together in a moment, once all are there."""
        for micrograph in pictures_of(self._viewer).micrographs:
            if micrograph not in self._watched:
                self._watched.add(micrograph)
                micrograph.events.visible.connect(self._on_micrograph_shown)
                self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        for micrograph in list(self._watched):
            micrograph.events.visible.disconnect(self._on_micrograph_shown)
        self._watched.clear()

    def _on_micrograph_shown(self, event: object = None) -> None:
        self._timer.start()

    def _follow(self) -> None:
        groups: dict[Image, list[Layer]] = {}
        pictures = pictures_of(self._viewer)
        for layer in list(self._viewer.layers):
            micrograph = fitting_micrograph(self._viewer, layer, pictures) if role_of(layer) == ADDED else None
            if micrograph is not None:
                groups.setdefault(micrograph, []).append(layer)
        for micrograph, masks in groups.items():
            for mask in masks:
                self._bring_above(mask, micrograph)
            self._show_with(micrograph, masks)

    def _bring_above(self, mask: Layer, micrograph: Image) -> None:
        layers = self._viewer.layers
        if layers.index(mask) < layers.index(micrograph):
            layers.move(layers.index(mask), layers.index(micrograph) + 1)

    def _show_with(self, micrograph: Image, masks: list[Layer]) -> None:
        """One that is on screen already was chosen among them."""
        if not micrograph.visible:
            for mask in masks:
                mask.visible = False
        elif not any(mask.visible or self._cover_of(mask) is not None for mask in masks):
            for mask in masks:
                mask.visible = True
