"""The objects of a measurement on the canvas: shown when picked in the table, found by a click, coloured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Layer
from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal

from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.layers import finest
from napari_csunet.widgets.measure_distributions import PROPERTIES
from napari_csunet.widgets.measure_legend import ColourScale, colour_scale
from napari_csunet.widgets.measure_work import GRAINS, MeasuredMasks
from napari_csunet.widgets.object_layers import mask_at, ring_of, show_object, show_property
from napari_csunet.widgets.object_lookup import colour_objects, find_object
from napari_csunet.widgets.object_table import ObjectRow


class MeasuredObjects(QObject):
    """``found``: field of view, class and number of the object that was clicked on the canvas.

    ``mask_wanted``: a mask with an object that is to be seen. ``scaled``: the ColourScale of the colours on the canvas,
    or None if there are none.
    """

    mask_wanted = Signal(object)
    found = Signal(str, str, int)
    scaled = Signal(object)
    failed = Signal(object)

    def __init__(self, viewer: Viewer, listens: Callable[[], bool]) -> None:
        """``listens``: whether a click on the canvas is meant for this."""
        super().__init__()
        self._viewer, self._listens = viewer, listens
        self._measured: MeasuredMasks | None = None
        self._masks: list[Layer] = []
        self._slices: Sequence[int | None] = ()
        self._coloured: dict[Layer, Image] = {}
        self._scale: ColourScale | None = None  # of the property that is coloured now
        self._wanted: tuple[str, str] | None = None  # class and property to colour as soon as nothing runs
        self._was_clicked = False  # the object is on screen already
        self._search, self._colouring = Background(), Background()
        self._search.reported.connect(self._on_search_reported)
        self._colouring.reported.connect(self._on_colouring_reported)
        self._colouring.finished.connect(self._on_colouring_finished)
        for job in (self._search, self._colouring):
            job.failed.connect(self.failed)
        viewer.mouse_drag_callbacks.append(self._on_canvas_pressed)

    def stop_listening(self) -> None:
        if self._on_canvas_pressed in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._on_canvas_pressed)

    def close(self, seconds: float) -> bool:
        self._wanted = None
        return end_all((self._search, self._colouring), seconds)

    def set_measured(self, measured: MeasuredMasks, masks: Sequence[Layer], slices: Sequence[int | None]) -> None:
        """``masks``: the layers in the order of the results. ``slices``: the only one measured of a stack, or None."""
        for job in (self._search, self._colouring):  # their results are those of the measurement before
            job.stop()
        self._measured, self._masks, self._slices = measured, list(masks), list(slices)

    def forget(self) -> None:
        """The masks are gone: nothing of their objects stays on the canvas."""
        for job in (self._search, self._colouring):
            job.stop()
        ring, colours = ring_of(self._viewer), list(self._coloured.values())
        self._measured, self._masks, self._coloured, self._wanted = None, [], {}, None
        self._take_colours_away()
        for layer in (*colours, ring):
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    def show(self, picked: ObjectRow) -> None:
        """Brings an object on screen, if its mask is still there."""
        if self._measured is None:
            return
        index, number = self._measured.place(picked.field)
        mask = self._masks[index]
        if mask not in self._viewer.layers:
            return
        number = self._slices[index] if number is None else number
        point = (picked.row, picked.column) if number is None else (number, picked.row, picked.column)
        if not self._was_clicked:
            self.mask_wanted.emit(mask)
        width = self._measured.pixels_across(picked.field, picked.width)
        show_object(self._viewer, mask, point, width, centre=not self._was_clicked)

    def colour(self, class_name: str, title: str) -> None:
        """Colours the objects of a class by a property; a title that is none takes the colours away."""
        if title not in PROPERTIES:
            self._wanted = None
            self._colouring.stop()
            self._take_colours_away()
            return
        self._wanted = (class_name, title)
        if not self._colouring.is_running:
            self._on_colouring_finished()

    def show_only(self, mask: Layer) -> None:
        """Hides what lies on other masks; the colours of this one stand for it, if there are any."""
        for owner, layer in self._coloured.items():
            layer.visible = owner is mask and self._scale is not None
        mask.visible = not self._is_coloured(mask)
        ring = ring_of(self._viewer)
        if ring is not None:
            ring.visible = False

    def colours_of(self, mask: Layer) -> Layer | None:
        """The layer that stands for a mask on screen, if its objects are coloured."""
        return self._coloured[mask] if self._is_coloured(mask) else None

    def _is_coloured(self, mask: Layer) -> bool:
        layer = self._coloured.get(mask)
        return layer is not None and layer in self._viewer.layers and bool(layer.visible)

    def _take_colours_away(self) -> None:
        self._scale = None
        self.scaled.emit(None)
        for mask, layer in self._coloured.items():
            if self._is_coloured(mask):
                layer.visible, mask.visible = False, True

    def _on_colouring_finished(self) -> None:
        if self._wanted is None or self._measured is None:
            return
        (class_name, title), self._wanted = self._wanted, None
        quantity = PROPERTIES[title]
        self._scale = colour_scale(self._measured, class_name, title)
        self.scaled.emit(self._scale)
        self._colouring.start(colour_objects, self._measured, class_name, quantity.name)

    def _on_colouring_reported(self, coloured: tuple[int, npt.NDArray[np.float32]]) -> None:
        index, pixels = coloured
        if self._scale is None or self._wanted is not None or index >= len(self._masks):
            return
        mask, only = self._masks[index], self._slices[index]
        if mask not in self._viewer.layers:
            return
        if only is not None:
            whole = np.full(finest(mask).shape, np.nan, np.float32)
            whole[only] = pixels
            pixels = whole
        is_shown = bool(mask.visible) or self._is_coloured(mask)
        layer = show_property(self._viewer, mask, self._coloured.get(mask), self._scale, pixels)
        layer.visible, mask.visible = is_shown, False
        self._coloured[mask] = layer

    def _on_canvas_pressed(self, viewer: Viewer, event: Any) -> Generator[None, None, None]:
        """Looks for the object under a click; a drag moves the camera and a brush paints."""
        position, is_click = np.array(event.position), self._is_free(viewer)
        yield
        while event.type == "mouse_move":
            is_click = False
            yield
        if is_click and self._listens():
            self._find(position)

    def _is_free(self, viewer: Viewer) -> bool:
        active = viewer.layers.selection.active
        return active is None or str(getattr(active, "mode", "pan_zoom")) == "pan_zoom"

    def _find(self, position: npt.NDArray[np.float64]) -> None:
        if self._measured is None or self._search.is_running:
            return
        hit = mask_at(self._viewer, self._masks, position)
        if hit is None:
            return
        index, pixel = hit
        result, number = self._measured.results[index], pixel[0] if len(pixel) == 3 else 0
        if self._slices[index] is not None:
            if number != self._slices[index]:
                return
            number = 0
        place = (pixel[-2], pixel[-1])
        value = int(result.slices[number][place])
        name = next((c.name for c in self._measured.classes.classes if c.value == value), None)
        if name is not None and not self._measured.has_objects(name):
            name = GRAINS if self._measured.has_objects(GRAINS) else None
        if name is not None:
            self._search.start(find_object, self._measured, result.slice_name(number), name, place)

    def _on_search_reported(self, found: tuple[str, str, int]) -> None:
        self._was_clicked = True
        try:
            self.found.emit(*found)
        finally:
            self._was_clicked = False
