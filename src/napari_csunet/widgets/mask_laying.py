"""Masks that lie beside their micrograph, since napari gave them no scale: one button lays them over it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from weakref import WeakSet

from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_csunet.errors import LabelError
from napari_csunet.export.numbers import plural
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.widgets.layers import KEY, classes_of, finest, pictures_of, role_of
from napari_csunet.widgets.mask_layers import ADDED, bring_above, lies_on, place_on
from napari_csunet.widgets.mask_pictures import Pictures
from napari_csunet.widgets.measure_sources import measurable_layers, micrograph_of
from napari_csunet.widgets.panel_parts import button, sentence
from napari_csunet.widgets.result_layers import class_features, colormap_of

WAIT_MS = 60
LAY = "Give these masks the pixel size and the place of their micrographs. No pixel changes."


class LayOffer(QWidget):
    """One sentence and one button, as long as there are masks beside their micrographs."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lay_mask_widget")
        self._sentence = sentence("lay_mask_label")
        self.lay = button("Lay it over", "lay_mask_over_button", LAY)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for part in (self._sentence, self.lay):
            layout.addWidget(part)
        self.hide()

    def show_pairs(self, pairs: Sequence[tuple[Labels, Image]]) -> None:
        if len(pairs) == 1:
            ((mask, micrograph),) = pairs
            name = _short(str(micrograph.name))
            self._sentence.setText(f"{mask.name} is drawn in another size or place than {name}.")
            self.lay.setText(f"Lay it over {name}")
        elif pairs:
            self._sentence.setText(f"{len(pairs)} masks are drawn in another size or place than their micrographs.")
            self.lay.setText("Lay them over their micrographs")
        self.setVisible(bool(pairs))


class MaskLaying(QObject):
    """``said``: what was done, in a sentence. ``laid``: masks have another place and scale. ``failed``: of a file."""

    said = Signal(str)
    laid = Signal()
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, offer: LayOffer) -> None:
        super().__init__(offer)
        self._viewer, self._offer = viewer, offer
        self._looked_at: WeakSet[Layer] = WeakSet()
        offer.lay.clicked.connect(self._on_lay_clicked)
        self._timer = QTimer(self)  # one look for all layers that come together
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._look)

    def look_around(self) -> None:
        """Layers came, went, were renamed or got another scale; in a moment."""
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _look(self) -> None:
        for layer in self._viewer.layers:
            if isinstance(layer, Labels) and layer not in self._looked_at:
                self._looked_at.add(layer)
                self._read_classes(layer)
        self._offer.show_pairs(masks_beside(self._viewer))

    def _read_classes(self, layer: Labels) -> None:
        try:
            take_classes_of_file(layer)
        except LabelError as error:  # the class table beside the file is broken
            self.failed.emit(error)

    def _on_lay_clicked(self) -> None:
        pairs = masks_beside(self._viewer)
        for mask, micrograph in pairs:
            place_on(mask, micrograph)
            if role_of(mask) == ADDED:  # it does not come on screen with a micrograph of another name
                bring_above(self._viewer, mask, micrograph)
                micrograph.visible = True
        self._offer.show_pairs(masks_beside(self._viewer))
        lies = "lies on its micrograph" if len(pairs) == 1 else "lie on their micrographs"
        self.said.emit(f"{plural(len(pairs), 'mask')} now {lies}.")
        self.laid.emit()


def masks_beside(viewer: ViewerModel) -> list[tuple[Labels, Image]]:
    """Masks with the pixels of an open micrograph, but another scale or place than that, and this micrograph."""
    pictures = pictures_of(viewer)
    masks = [one for one in measurable_layers(viewer) if isinstance(one, Labels)]
    named = {mask: micrograph_of(viewer, mask, pictures) for mask in masks}
    taken = [owner for mask, owner in named.items() if role_of(mask) == ADDED]
    pairs = ((mask, owner or _likely(mask, pictures, taken)) for mask, owner in named.items())
    return [(mask, owner) for mask, owner in pairs if owner is not None and not lies_on(mask, owner)]


def _likely(mask: Labels, pictures: Pictures, taken: Collection[Image | None]) -> Image | None:
    """Of micrographs of its shape, none of its name, the only one or the only one on screen; none if it lies on one.

    An added mask waits for a micrograph of its name until it is brought on screen. ``taken``: micrographs with added
    masks of their names, to which no other one comes.
    """
    is_added = role_of(mask) == ADDED
    if role_of(mask) not in (None, ADDED) or (is_added and not mask.visible):
        return None
    fitting = pictures.of_shape(tuple(finest(mask).shape))
    likely = [one for one in fitting if one.visible or len(fitting) == 1]
    if len(likely) != 1 or any(lies_on(mask, one) for one in fitting) or (is_added and likely[0] in taken):
        return None
    return likely[0]


def take_classes_of_file(layer: Labels) -> None:
    """Names and colours that its mask file carries, to a layer that napari made without them."""
    path = layer.source.path
    classes = classes_of_mask_file(path) if path and role_of(layer) is None and not classes_of(layer.metadata) else None
    if classes is None:
        return
    kept = {**layer.metadata.get(KEY, {}), "classes": classes.model_dump(mode="json")}
    layer.metadata = {**layer.metadata, KEY: kept}
    layer.colormap, layer.features = colormap_of(classes), class_features(classes)


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:11]}…{name[-11:]}"
