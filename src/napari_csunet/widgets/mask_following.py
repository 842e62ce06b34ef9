"""Added masks follow their micrographs: above them in the list, and on screen when they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary, ref

from napari.components import ViewerModel
from napari.layers import Image, Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.widgets.layers import micrograph_layers, pictures_of, role_of
from napari_csunet.widgets.mask_layers import ADDED, bring_above, fitting_micrograph
from napari_csunet.widgets.mask_pictures import Pictures
from napari_csunet.widgets.measure_sources import is_meant, measurable_layers, micrograph_of


class MaskFollowing(QObject):
    """What somebody hides, shows or moves by hand stays so until its micrograph comes on screen or leaves it.

    ``followed``: other micrographs are on screen. ``cover_of``: the layer that stands for a mask on screen, or None.
    """

    followed = Signal()

    def __init__(self, viewer: ViewerModel, cover_of: Callable[[Layer], Layer | None]) -> None:
        super().__init__()
        self._viewer, self._cover_of = viewer, cover_of
        self._shown: WeakKeyDictionary[Image, bool | None] = (
            WeakKeyDictionary()
        )  # as they were, None before the first look
        self._joined: WeakKeyDictionary[Layer, ref[Image]] = (
            WeakKeyDictionary()
        )  # added masks that came together with theirs
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._follow)
        for mask, micrograph in self._pairs(pictures_of(viewer)):
            self._joined[mask] = ref(micrograph)
        self.watch()
        self._remember_shown()

    def show_alone(self, mask: Layer) -> None:
        """Brings a mask on screen with its micrograph and hides the other masks and micrographs."""
        shown = (mask, micrograph_of(self._viewer, mask))
        for layer in (*micrograph_layers(self._viewer), *measurable_layers(self._viewer)):
            if layer.visible != (layer in shown):
                layer.visible = layer in shown
        self._remember_shown()

    def watch(self) -> None:
        """Layers came or went: those that belong together come together in a moment, once all are there."""
        for micrograph in pictures_of(self._viewer).micrographs:
            if micrograph not in self._shown:
                self._shown[micrograph] = None
                micrograph.events.visible.connect(self._on_micrograph_shown)
                self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        for micrograph in list(self._shown):
            micrograph.events.visible.disconnect(self._on_micrograph_shown)
        self._shown.clear()

    def _on_micrograph_shown(self, event: object = None) -> None:
        self._timer.start()

    def _follow(self) -> None:
        pictures = pictures_of(self._viewer)
        pairs = self._pairs(pictures)
        for mask, micrograph in pairs:
            if mask not in self._joined or self._joined[mask]() is not micrograph:
                self._joined[mask] = ref(micrograph)
                bring_above(self._viewer, mask, micrograph)
        for micrograph in pictures.micrographs:
            if self._shown.get(micrograph) != micrograph.visible:
                self._show_with(micrograph, [mask for mask, owner in pairs if owner is micrograph], pictures)
        self._remember_shown()
        self.followed.emit()

    def _pairs(self, pictures: Pictures) -> list[tuple[Layer, Image]]:
        """Added masks whose micrographs are there."""
        added = [layer for layer in self._viewer.layers if role_of(layer) == ADDED]
        found = ((mask, fitting_micrograph(self._viewer, mask, pictures)) for mask in added)
        return [(mask, micrograph) for mask, micrograph in found if micrograph is not None]

    def _show_with(self, micrograph: Image, masks: Sequence[Layer], pictures: Pictures) -> None:
        """One that is on screen already, of whatever origin, was chosen among all that lie on the micrograph."""
        if micrograph.visible and any(self._is_shown(one) for one in self._masks_on(micrograph, pictures)):
            return
        for mask in masks:
            mask.visible = micrograph.visible

    def _masks_on(self, micrograph: Image, pictures: Pictures) -> list[Layer]:
        meant = [one for one in measurable_layers(self._viewer) if is_meant(one)]
        return [one for one in meant if micrograph_of(self._viewer, one, pictures) is micrograph]

    def _is_shown(self, mask: Layer) -> bool:
        return bool(mask.visible) or self._cover_of(mask) is not None

    def _remember_shown(self) -> None:
        for micrograph in self._shown:
            self._shown[micrograph] = bool(micrograph.visible)
