"""The layer that marks errors of a mask at labelled pixels, and what is hidden while it is on screen."""

from __future__ import annotations

from dataclasses import dataclass

from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.inference.error_map import ErrorMap
from napari_csunet.widgets.correct_target import chosen_micrograph, mask_of, shown_prediction
from napari_csunet.widgets.instant_layer import INSTANT
from napari_csunet.widgets.layers import mask_shape, micrograph_name, role_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.result_layers import show_error_map

COVERING = ("mask", "preview", "labels", INSTANT)


@dataclass(frozen=True, eq=False)
class Compared:
    """A micrograph, its labels, and what is said of it: a mask, a preview, or an instant answer."""

    micrograph: Image
    labels: Labels
    mask: Labels

    @property
    def is_from_network(self) -> bool:
        return role_of(self.mask) != INSTANT


def compared(viewer: ViewerModel, opened: OpenMicrographs) -> Compared | str:
    """What there is to compare on the shown micrograph, or why there is nothing."""
    micrograph = chosen_micrograph(viewer)
    if micrograph is None:
        return "No micrograph is shown. Show one."
    labels = opened.labels_of(micrograph)
    if labels is None:
        return f"{micrograph.name} has no labels to compare with. Choose one that has."
    mask = shown_prediction(viewer, micrograph) or mask_of(viewer, micrograph)
    if mask is None:
        return f"{micrograph.name} has no mask yet. Predict it first."
    return Compared(micrograph, labels, mask)


class ErrorOverlay(QObject):
    """At most one is on screen. ``hidden``: it has gone, and what it hid is back."""

    hidden = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._about: Compared | None = None  # while it is on screen
        self._layer: Layer | None = None
        self._hidden: list[Layer] = []

    @property
    def is_shown(self) -> bool:
        return self._about is not None

    def show(self, about: Compared, found: ErrorMap, classes: ClassTable) -> None:
        """Nothing if the micrograph is gone, or another shape, since it was asked for."""
        micrograph = about.micrograph
        if micrograph not in self._viewer.layers or mask_shape(micrograph) != found.values.shape:
            return
        self.hide()
        self._about, self._layer = about, show_error_map(self._viewer, micrograph, found.values, classes)
        self._hidden = [layer for layer in self._covering(about) if layer.visible]
        for layer in self._hidden:
            layer.visible = False
        self._layer.events.visible.connect(self._on_changed)
        about.mask.events.data.connect(self._on_changed)

    def hide(self) -> None:
        """Brings back what was hidden, unless another micrograph is on screen by now."""
        about, layer = self._about, self._layer
        if about is None or layer is None:
            return
        self._about = self._layer = None
        layer.events.visible.disconnect(self._on_changed)
        about.mask.events.data.disconnect(self._on_changed)
        layer.visible = False
        for covering in self._hidden if about.micrograph.visible else ():
            covering.visible = True
        self._hidden = []
        self.hidden.emit()

    def _covering(self, about: Compared) -> list[Layer]:
        name = about.micrograph.name
        own = [one for one in self._viewer.layers if role_of(one) in COVERING and micrograph_name(one) == name]
        return own if about.labels in own else [*own, about.labels]

    def _on_changed(self, event: object = None) -> None:
        """The mask is another one, or somebody hid the errors."""
        self.hide()
