"""The overlay of what the network makes of the micrograph on screen while it learns."""

from __future__ import annotations

from collections.abc import Sequence

from napari.components import ViewerModel
from napari.layers import Image

from napari_csunet.classes import ClassTable
from napari_csunet.reports import Preview, PreviewRequest
from napari_csunet.widgets.engine import MicrographSource
from napari_csunet.widgets.instant_layer import instant_layers
from napari_csunet.widgets.layers import layer_name, mask_shape, preview_request, source_of
from napari_csunet.widgets.result_layers import (
    clear_previews,
    hide_preview,
    prepare_preview,
    show_preview,
    show_waiting_previews,
)


class Previews:
    """Those of one training, which knows its micrographs by their place among ``layers``."""

    def __init__(self, viewer: ViewerModel, layers: Sequence[Image], classes: ClassTable) -> None:
        self._viewer, self._layers, self._classes = viewer, layers, classes
        self._waits = False  # for a network that knows enough to take the place of an instant answer

    def begin(self) -> None:
        """Clears what an earlier training drew; on screen, the overlay takes the place of an earlier mask.

        An instant answer stays on screen, and the overlay hidden, until ``take_over``.
        """
        clear_previews(self._viewer)
        self._waits = any(one.visible and one.data.any() for one in instant_layers(self._viewer))
        for layer in self._shown():
            prepare_preview(self._viewer, layer, self._classes, waits=self._waits)
            if layer_name(layer.name, "mask") in self._viewer.layers:
                self._viewer.layers[layer_name(layer.name, "mask")].visible = False

    def take_over(self) -> None:
        """The network knows enough now."""
        if self._waits:
            self._waits = False
            show_waiting_previews(self._viewer)

    def request(self) -> PreviewRequest | None:
        """Asks for what is on screen; None if that is not learnt from."""
        shown = self._shown()
        return preview_request(self._viewer, shown[0], self._layers.index(shown[0])) if shown else None

    def show(self, preview: Preview) -> None:
        """Does nothing if the micrograph was removed or changed its shape since."""
        layer = self._layers[preview.micrograph]
        if layer not in self._viewer.layers:
            return
        shape, ends = mask_shape(layer), [sum(pair) for pair in zip(preview.origin, preview.mask.shape, strict=True)]
        fits = ends[0] <= shape[-2] and ends[1] <= shape[-1]
        if fits and (len(shape) == 2 or preview.slice_index < shape[0]):
            show_preview(self._viewer, layer, preview, self._classes, waits=self._waits)

    def hide(self) -> None:
        for layer in self._layers:
            hide_preview(self._viewer, layer)

    def source_of(self, request: PreviewRequest) -> MicrographSource:
        return source_of(self._layers[request.micrograph])

    def _shown(self) -> list[Image]:
        """The uppermost visible micrograph, if it is learnt from."""
        return [layer for layer in self._layers if layer.visible and layer in self._viewer.layers][-1:]
