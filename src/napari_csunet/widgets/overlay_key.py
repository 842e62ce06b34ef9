"""Alt+O hides what lies over the micrograph on screen, to see what is underneath, and brings it back."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from napari.layers import Layer

from napari_csunet.widgets.instant_layer import INSTANT
from napari_csunet.widgets.layers import micrograph_layers, micrograph_name, role_of
from napari_csunet.widgets.stand_in import stands_on

KEY, KEY_TEXT = "Alt-O", "Alt+O"
UNCOVERED = (None, "labels", "suggestion", "region")
"""Roles of layers that stay on screen."""


class OverlayKey:
    """Masks, previews, errors, maps, and the instant answer, which is switched off and on.

    Another micrograph that comes on screen ends it.
    """

    def __init__(
        self, viewer: ViewerModel, enable_instant: Callable[[bool], None], is_instant_wanted: Callable[[], bool]
    ) -> None:
        self._viewer, self._enable_instant, self._is_instant_wanted = viewer, enable_instant, is_instant_wanted
        self._hidden: list[Layer] = []
        self._under: set[str] = set()  # micrographs that are seen without overlay
        viewer.bind_key(KEY, lambda viewer: self.toggle(), overwrite=True)
        viewer.layers.selection.events.active.connect(self._on_active_changed)

    def disconnect(self) -> None:
        self._viewer.bind_key(KEY, None, overwrite=True)
        self._viewer.layers.selection.events.active.disconnect(self._on_active_changed)

    def toggle(self) -> None:
        shown = self._shown()
        over = [layer for layer in self._viewer.layers if layer.visible and _over(layer) in shown]
        if over:
            self._hide(over, shown)
        else:
            self._show(shown)

    def forget(self) -> None:
        """Nothing is to be brought back; the instant answer may be shown again."""
        if self._hidden:
            self._hidden = []
            self._enable_instant(self._is_instant_wanted())

    def _hide(self, over: list[Layer], shown: set[str]) -> None:
        self._hidden, self._under = over, shown
        self._enable_instant(False)  # before the others go, in whose place it would come
        for layer in over:
            layer.visible = False

    def _show(self, shown: set[str]) -> None:
        """What was hidden; else the masks."""
        hidden = [layer for layer in self._hidden if layer in self._viewer.layers and _over(layer) in shown]
        masks = [layer for layer in self._viewer.layers if role_of(layer) == "mask" and _over(layer) in shown]
        for layer in hidden or masks:
            if role_of(layer) != INSTANT:
                layer.visible = True
        self._hidden = []
        self._enable_instant(self._is_instant_wanted())

    def _shown(self) -> set[str]:
        return {str(layer.name) for layer in micrograph_layers(self._viewer) if layer.visible}

    def _on_active_changed(self, event: object = None) -> None:
        if self._hidden and not self._shown() & self._under:
            self.forget()


def _over(layer: Layer) -> str | None:
    """Name of the micrograph that a layer covers."""
    return stands_on(layer) or (micrograph_name(layer) if role_of(layer) not in UNCOVERED else None)
