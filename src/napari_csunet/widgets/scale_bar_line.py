"""The line that the user drags along a scale bar, as a layer over one micrograph."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Shapes
from qtpy.QtCore import QObject, Signal

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.scale_bar import Line
from napari_csunet.widgets.layers import KEY, mask_shape, micrograph_layers

NAME = "line along the scale bar"
COLOUR = "#ff3860"
EDGES_A_SIDE = 300
DRAWING = "add_line"


class ScaleBarLine(QObject):
    """``changed``: the line is being drawn, or was cleared. ``given_up``: Escape, or its layer or micrograph went."""

    changed = Signal()
    given_up = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._layer: Shapes | None = None
        self._micrograph: Image | None = None
        self._active_before: Any = None
        viewer.layers.events.removed.connect(self._on_layer_removed)

    @property
    def micrograph(self) -> Image | None:
        """On which the line lies; None if nothing is being drawn."""
        return self._micrograph

    @property
    def line(self) -> Line | None:
        """In pixels of the micrograph; None until one is drawn."""
        drawn = self._layer.data if self._layer is not None else []
        return np.asarray(drawn[-1], np.float64)[:, -2:] if len(drawn) else None

    def begin(self) -> None:
        """A layer over the shown micrograph, ready for a line. Raises MicrographError if there is none."""
        self.end()
        micrograph = _shown_micrograph(self._viewer)
        layer = Shapes(ndim=2, **_options(micrograph))
        layer.mouse_drag_callbacks.insert(0, self._on_layer_dragged)  # before napari's own
        layer.bind_key("Escape", lambda _: self.given_up.emit())
        layer.events.data.connect(self._on_layer_data)
        self._active_before = self._viewer.layers.selection.active
        self._layer, self._micrograph = layer, micrograph
        self._viewer.add_layer(layer)
        self._viewer.layers.selection.active = layer
        layer.mode = DRAWING

    def end(self) -> None:
        """Takes the layer away and selects what was selected before."""
        layer, before, self._layer, self._micrograph = self._layer, self._active_before, None, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        if before is not None and before in self._viewer.layers:
            self._viewer.layers.selection.active = before
        self._active_before = None

    def disconnect_viewer(self) -> None:
        self._viewer.layers.events.removed.disconnect(self._on_layer_removed)

    def _on_layer_dragged(self, layer: Shapes, event: Any) -> Generator[None, None, None]:
        """There is one line: a new one takes the place of the old. A click alone makes none."""
        is_new, has_moved = layer.mode == DRAWING, False
        if is_new:
            layer.data = []
        yield
        while event.type == "mouse_move":
            has_moved = True
            self.changed.emit()
            yield
        if is_new and not has_moved:
            layer.data = []
        self.changed.emit()

    def _on_layer_data(self, event: object = None) -> None:
        self.changed.emit()

    def _on_layer_removed(self, event: Any) -> None:
        if self._layer is not None and event.value in (self._layer, self._micrograph):
            self.given_up.emit()


def _shown_micrograph(viewer: ViewerModel) -> Image:
    """The selected one if it is visible, else the topmost."""
    shown = [layer for layer in micrograph_layers(viewer) if layer.visible]
    if not shown:
        raise MicrographError("No micrograph is on screen. Show the one with the scale bar.")
    if viewer.dims.ndisplay != 2 or viewer.dims.displayed != tuple(range(viewer.dims.ndim))[-2:]:
        raise MicrographError("The view is turned or in 3D. Show the micrograph flat, with its rows upright.")
    active = viewer.layers.selection.active
    return active if active in shown else shown[-1]


def _options(micrograph: Image) -> dict[str, Any]:
    return {
        "name": NAME,
        "metadata": {KEY: {"role": "scale bar"}},
        "edge_color": COLOUR,
        "face_color": "transparent",
        "edge_width": max(1.0, max(mask_shape(micrograph)[-2:]) / EDGES_A_SIDE),
        **{what: tuple(getattr(micrograph, what)[-2:]) for what in ("scale", "translate", "units")},
    }
