"""The mask layers of the last measurement: which of them are still open, and as they were measured."""

from __future__ import annotations

from collections.abc import Collection

from napari.layers import Layer

from napari_csunet.export.numbers import listed


class MeasuredLayers:
    """masks: those of the last measurement. cleaned: what cleaning had done to them then."""

    def __init__(self, masks: list[Layer] | None = None, cleaned: object = None) -> None:
        self.masks, self.cleaned = masks or [], cleaned
        self._closed = 0  # how many of them are

    def told_of_closed(self, layers: Collection[Layer]) -> str:
        """What to say of masks that were closed since the last look, empty if none was; all closed are forgotten."""
        closed = [mask for mask in self.masks if mask not in layers]
        is_news, self._closed = len(closed) != self._closed, len(closed)
        if not closed or not is_news:
            return ""
        if len(closed) < len(self.masks):
            verb = "is" if len(closed) == 1 else "are"
            named = listed([str(mask.name) for mask in closed])
            return f"{named} {verb} closed, but still in the numbers below. Measure again without."
        self.masks = []
        return "The measured masks are closed, and their tables with them. What was exported stays."
