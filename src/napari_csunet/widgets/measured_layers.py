"""The mask layers of the last measurement: which of them are still open, and whether they are as they were measured."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from napari.layers import Layer

from napari_csunet.export.numbers import listed
from napari_csunet.widgets.layers import finest


def fingerprint(values: Any) -> int | None:
    """The same for the same pixels; None for what is not in memory. Takes a millisecond for each megabyte."""
    return zlib.crc32(np.ascontiguousarray(values).data) if isinstance(values, np.ndarray) else None


class MeasuredLayers:
    """masks: those of the last measurement. slices: of each the only one that was measured of a stack, or None."""

    def __init__(self, masks: Sequence[Layer] = (), slices: Sequence[int | None] = ()) -> None:
        self.masks = list(masks)
        self._slices = slices
        self._closed = 0  # how many of them are

    def fingerprints(self) -> tuple[int | None, ...]:
        """Of what was measured, as it is now."""
        parts = zip(self.masks, self._slices, strict=True)
        return tuple(fingerprint(finest(mask) if one is None else finest(mask)[one]) for mask, one in parts)

    def told_of_closed(self, layers: Collection[Layer]) -> str:
        """What to say of masks that were closed since the last look, empty if none was; all closed are forgotten."""
        closed = [mask for mask in self.masks if mask not in layers]
        is_news, self._closed = len(closed) != self._closed, len(closed)
        if not closed or not is_news:
            return ""
        if len(closed) < len(self.masks):
            verb = "is" if len(closed) == 1 else "are"
            named = listed([str(mask.name) for mask in closed])
            return f"{named} {verb} closed, but still in the numbers below. Measure again."
        self.masks = []
        return "The measured masks are closed, and their tables with them. What was exported stays."
