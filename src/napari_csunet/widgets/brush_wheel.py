"""Shift and the wheel change the size of the brush.

With Alt, napari chooses another layer by the wheel and resizes the brush by every movement of the mouse.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

TURN_TEXT = "Shift and the mouse wheel"
BRUSHES = ("paint", "erase")
LARGEST = 500
GROWTH = 1.15


class BrushWheel:
    """Of the label layer that is painted on, until ``disconnect``."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._turned = 0.0  # parts of a notch, as touchpads tell them
        viewer.mouse_wheel_callbacks.append(self._on_wheel_turned)

    def disconnect(self) -> None:
        if self._on_wheel_turned in self._viewer.mouse_wheel_callbacks:
            self._viewer.mouse_wheel_callbacks.remove(self._on_wheel_turned)

    def _on_wheel_turned(self, viewer: ViewerModel, event: Any) -> None:
        layer = viewer.layers.selection.active
        if not isinstance(layer, Labels) or layer.mode not in BRUSHES or not _is_shift_alone(event.modifiers):
            return
        turned = float(np.sum(event.delta))  # with Shift some systems turn the wheel sideways
        self._turned += -turned if event.native.inverted() else turned
        notches = int(self._turned)
        self._turned -= notches
        if notches:
            layer.brush_size = resized(layer.brush_size, notches)
        event.handled = True


def _is_shift_alone(pressed: Collection[Any]) -> bool:
    """Keys of vispy equal their names, but have another hash."""
    return "Shift" in pressed and not any(other in pressed for other in ("Control", "Alt", "Meta"))


def resized(size: float, notches: int) -> int:
    """Pixels of the brush after so many notches away from the user, each at least one pixel."""
    grown = round(size * GROWTH**notches)
    at_least = max if notches > 0 else min
    return int(np.clip(at_least(grown, round(size) + notches), 1, LARGEST))
