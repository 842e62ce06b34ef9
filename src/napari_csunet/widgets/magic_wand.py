"""The magic wand: a click fills the predicted region or the superpixel under it with the class that is painted."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError
from napari_csunet.inference.correction import region_at
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.correct_layout import pixels_text
from napari_csunet.widgets.correct_target import labels_for, labels_to_correct, paint, shown_place, shown_prediction
from napari_csunet.widgets.layers import classes_of, finest, mask_shape, micrograph_layers
from napari_csunet.widgets.magic_wand_superpixels import SuperpixelAt, Superpixels

SHIFT = "Shift"
IDLE = "pan_zoom"
HELD = "napari-csunet wand"
"""Key in the metadata of the label layer that the wand fills."""


@dataclass(frozen=True)
class WandSettings:
    """only_superpixels: leave predictions alone. size: width of a superpixel in pixels."""

    only_superpixels: bool
    size: int


@dataclass(frozen=True, eq=False)
class _Click:
    micrograph: Image
    place: Any
    point: tuple[int, int]


def holds_wand(labels: Labels) -> bool:
    """Whether the wand fills this layer now, so that picking a class must not bring back the brush."""
    return bool(labels.metadata.get(HELD))


class MagicWand(QObject):
    """``switched``: on or off, also by somebody who picked another tool. ``said``: what was filled."""

    switched = Signal(bool)
    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self, viewer: ViewerModel, settings: Callable[[], WandSettings], classes: Callable[[Image], ClassTable]
    ) -> None:
        """``classes``: those of a label layer that has to be made."""
        super().__init__()
        self._viewer, self._settings, self._classes = viewer, settings, classes
        self._held: Labels | None = None
        self._waiting: _Click | None = None
        self._superpixels = Superpixels()
        self._superpixels.found.connect(self._on_superpixel_found)
        self._superpixels.failed.connect(self.failed)
        viewer.mouse_drag_callbacks.append(self._on_canvas_pressed)

    def switch(self, micrograph: Image | None) -> None:
        """On for a micrograph, off with None. Raises LabelError if its labels cannot be painted on."""
        self._let_go()
        if micrograph is None:
            return
        labels = labels_to_correct(self._viewer, micrograph, lambda: self._classes(micrograph))
        labels.mode = IDLE
        labels.metadata = {**labels.metadata, HELD: True}
        labels.events.mode.connect(self._on_mode_changed)
        self._held = labels
        self.said.emit("Click a place of the micrograph to fill its region with the class you paint.")

    def forget_closed(self) -> None:
        """Lets go of the superpixels of micrographs that are not open any more."""
        self._superpixels.keep_only([finest(one) for one in micrograph_layers(self._viewer)])

    def disconnect_viewer(self) -> None:
        self._let_go()
        if self._on_canvas_pressed in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._on_canvas_pressed)

    def close(self, seconds: float) -> bool:
        """Ends the thread, see ``end_all``."""
        return end_all((self._superpixels.background,), seconds)

    def _let_go(self) -> None:
        labels, self._held = self._held, None
        if labels is not None:
            labels.events.mode.disconnect(self._on_mode_changed)
            labels.metadata = {key: value for key, value in labels.metadata.items() if key != HELD}

    def _on_mode_changed(self, event: Any) -> None:
        """Somebody took the brush or another tool."""
        if str(event.source.mode) != IDLE:
            self._let_go()
            self.switched.emit(False)

    def _on_canvas_pressed(self, viewer: ViewerModel, event: Any) -> Generator[None, None, None]:
        """A click with Shift, or any while the wand is on; a drag moves the camera."""
        with_shift = SHIFT in event.modifiers
        click = self._click_at(np.array(event.position), with_shift) if event.button == 1 else None
        tool = _Tool(viewer.layers.selection.active) if with_shift and click is not None else None
        yield
        while event.type == "mouse_move":
            click = None
            yield
        if click is not None:
            self._fill(click)
        if tool is not None:
            tool.take_up()

    def _click_at(self, position: npt.NDArray[np.float64], with_shift: bool) -> _Click | None:
        """What was clicked on, if that is meant for the wand."""
        if self._viewer.dims.ndisplay != 2:
            return None
        found = next((c for one in reversed(micrograph_layers(self._viewer)) if (c := self._on(one, position))), None)
        if found is None:
            return None
        is_on = self._held is not None and _is_free(self._viewer.layers.selection.active)
        return found if is_on or (with_shift and labels_for(self._viewer, found.micrograph) is not None) else None

    def _on(self, micrograph: Image, position: npt.NDArray[np.float64]) -> _Click | None:
        shape = mask_shape(micrograph)
        if not micrograph.visible or len(shape) not in (2, 3):
            return None
        pixel = [round(float(one)) for one in micrograph.world_to_data(position[-len(shape) :])]
        if not all(0 <= one < length for one, length in zip(pixel, shape, strict=True)):
            return None
        return _Click(micrograph, shown_place(self._viewer, micrograph), (pixel[-2], pixel[-1]))

    def _fill(self, click: _Click) -> None:
        settings, region = self._settings(), None
        shown = None if settings.only_superpixels else shown_prediction(self._viewer, click.micrograph)
        if shown is not None:
            region = _predicted_region(shown, click)
        if region is not None:
            self._paint(click, region)
            return
        self._waiting = click
        self.said.emit("Looking for similar pixels…")
        self._superpixels.find(SuperpixelAt(finest(click.micrograph), click.place, click.point, settings.size))

    def _on_superpixel_found(self, region: npt.NDArray[np.bool_]) -> None:
        click, self._waiting = self._waiting, None
        if click is None or click.micrograph not in self._viewer.layers:
            return
        if region.shape == mask_shape(click.micrograph)[-2:]:
            self._paint(click, region)

    def _paint(self, click: _Click, region: npt.NDArray[np.bool_]) -> None:
        """As napari's bucket does: over what is painted, unless its labels are to be preserved."""
        try:
            labels = labels_to_correct(self._viewer, click.micrograph, lambda: self._classes(click.micrograph))
        except CSUNetError as error:
            self.failed.emit(error)
            return
        if self._held not in (None, labels):
            self.switch(click.micrograph)
        before = np.asarray(labels.data[click.place])
        filled = region & (before != labels.selected_label)
        if labels.preserve_labels:
            filled &= before == 0
        paint(labels, click.place, filled, labels.selected_label)
        self.said.emit(f"{pixels_text(int(filled.sum()))} filled with {_class_name(labels)}.")


class _Tool:
    """The tool of a layer, put down for one click so that it does not paint, too."""

    def __init__(self, layer: Any) -> None:
        self._layer, self._mode = layer, getattr(layer, "mode", None)
        if isinstance(layer, Labels):
            layer.mode = IDLE

    def take_up(self) -> None:
        if isinstance(self._layer, Labels) and self._mode is not None:
            self._layer.mode = self._mode


def _is_free(layer: Any) -> bool:
    """Whether a click does nothing else to the selected layer."""
    return layer is None or str(getattr(layer, "mode", IDLE)) == IDLE


def _predicted_region(shown: Labels, click: _Click) -> npt.NDArray[np.bool_] | None:
    """None where the prediction says nothing."""
    classes, values = classes_of(shown.metadata), np.asarray(finest(shown)[click.place])
    if classes is None or int(values[click.point]) not in classes.values:
        return None
    return region_at(values, click.point)


def _class_name(labels: Labels) -> str:
    classes, value = classes_of(labels.metadata), int(labels.selected_label)
    names = {one.value: one.name for one in classes.classes} if classes is not None else {}
    return names.get(value, f"label {value}")
