"""The uncertainty map of *Label here next*: a layer over each open micrograph, coarse but there without a training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image

from napari_csunet.inference.suggesting.suggestion_reports import UncertaintyMap
from napari_csunet.widgets.layers import Role, layer_name, mask_shape, note, role_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs

UNCERTAINTY: Role = "uncertainty"
_LOOK: dict[str, Any] = {
    "colormap": "inferno",
    "contrast_limits": (0, 1),
    "opacity": 0.6,
    "blending": "additive",
    "interpolation2d": "linear",
}


class UncertaintyMaps:
    """Keeps the last maps, and draws those of the visible micrographs while they are wanted."""

    def __init__(self, viewer: ViewerModel, opened: OpenMicrographs) -> None:
        self._viewer, self._open = viewer, opened
        self._maps: Sequence[UncertaintyMap] = ()
        self._is_shown = False

    def set_shown(self, shown: bool) -> None:
        self._is_shown = shown
        self.draw()

    def set_maps(self, maps: Sequence[UncertaintyMap]) -> None:
        self._maps = maps
        self.draw()

    def draw(self) -> None:
        """Takes away what is not wanted any more; the selection stays."""
        active = self._viewer.layers.selection.active
        wanted = {} if not self._is_shown else {layer_name(one.name, UNCERTAINTY): one for one in self._shown()}
        for layer in [one for one in self._viewer.layers if role_of(one) == UNCERTAINTY and one.name not in wanted]:
            self._viewer.layers.remove(layer)
        for name, micrograph in wanted.items():
            self._draw_one(name, micrograph)
        if active is None or active in self._viewer.layers:
            self._viewer.layers.selection.active = active

    def _shown(self) -> list[Image]:
        known = {one.name for one in self._maps}
        return [layer for layer in self._open.layers() if layer.visible and layer.name in known]

    def _draw_one(self, name: str, micrograph: Image) -> None:
        """And again when the micrograph gets a pixel size."""
        cells, pixels = _stacked(micrograph, [one for one in self._maps if one.name == micrograph.name])
        micrograph.events.scale.connect(self._on_size_given)
        micrograph.events.units.connect(self._on_size_given)
        if name in self._viewer.layers and self._viewer.layers[name].data.shape == cells.shape:
            self._viewer.layers[name].data = cells
            self._viewer.layers[name].visible = True
            _lay(self._viewer.layers[name], _place(micrograph, pixels))
            return
        if name in self._viewer.layers:
            self._viewer.layers.remove(name)
        layer = Image(cells, name=name, metadata=note(UNCERTAINTY), **_place(micrograph, pixels), **_LOOK)
        self._viewer.layers.insert(self._viewer.layers.index(micrograph) + 1, layer)

    def _on_size_given(self) -> None:
        """Keeps every map that is drawn on its micrograph."""
        pixels = {one.name: one.pixels for one in self._maps}
        for micrograph in self._open.layers():
            name = layer_name(micrograph.name, UNCERTAINTY)
            if name in self._viewer.layers and micrograph.name in pixels:
                _lay(self._viewer.layers[name], _place(micrograph, pixels[micrograph.name]))


def _lay(layer: Image, place: dict[str, Any]) -> None:
    for name, value in place.items():
        setattr(layer, name, value)


def _stacked(micrograph: Image, maps: Sequence[UncertaintyMap]) -> tuple[npt.NDArray[np.float32], int]:
    """(h, w) or (slices, h, w) and pixels to a cell; slices of a stack that were not looked at are 0."""
    shape = mask_shape(micrograph)
    if len(shape) == 2:
        return maps[0].cells.astype(np.float32), maps[0].pixels
    stack = np.zeros((shape[0], *maps[0].cells.shape), np.float32)
    for one in maps:
        stack[one.slice_index] = one.cells
    return stack, maps[0].pixels


def _place(micrograph: Image, pixels: int) -> dict[str, Any]:
    """A cell covers ``pixels`` pixels each way, and lies where they lie."""
    axes = len(mask_shape(micrograph))
    scale = np.array(micrograph.scale[-axes:], float)
    shift = np.array([0.0] * (axes - 2) + [(pixels - 1) / 2] * 2) * scale
    return {
        "scale": scale * ([1] * (axes - 2) + [pixels] * 2),
        "translate": np.array(micrograph.translate[-axes:], float) + shift,
        "units": micrograph.units[-axes:],
    }
