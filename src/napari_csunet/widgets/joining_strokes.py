"""Hands what is painted during a training to it."""

from __future__ import annotations

from collections.abc import Sequence

from napari.layers import Image

from napari_csunet.training.labelling import Change, Changes
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts


class JoiningStrokes:
    """Of one training, which knows its micrographs by their place among ``layers``."""

    def __init__(self, opened: OpenMicrographs, layers: Sequence[Image], counts: Counts) -> None:
        """``counts``: what is painted as the training begins."""
        self.changes = Changes()
        self._open, self._layers = opened, layers
        self._counts = {layer: counts.get(layer.name) for layer in layers}

    def refresh(self, counts: Counts) -> None:
        """What is painted has been counted again."""
        for number, layer in enumerate(self._layers):
            painted = counts.get(layer.name) if layer in self._open.layers() else None
            if painted is not None and painted != self._counts[layer]:
                self._counts[layer] = painted
                self._hand_over(number, layer)

    def _hand_over(self, number: int, layer: Image) -> None:
        corrections = self._open.corrections(layer)
        find = None if corrections is None else corrections.places
        self.changes.put(Change(number, self._open.label_values(layer), find))
