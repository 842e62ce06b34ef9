"""Hands what is painted during a training to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari.layers import Image

from napari_csunet.training.labelling import Change, Changes
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts


class JoiningStrokes:
    """Of one training, which knows its micrographs by their place among ``layers``.

    It knows the classes of its beginning: one that is added or removed since hands nothing over, see ``waiting``.
    """

    def __init__(self, opened: OpenMicrographs, layers: Sequence[Image], counts: Counts) -> None:
        """``counts``: what is painted as the training begins, of each of its classes."""
        self.changes = Changes()
        self._open, self._layers = opened, layers
        self._values = {value for some in counts.values() for value in some}
        nothing = dict.fromkeys(self._values, 0)
        self._counts = {layer: nothing | self._known(counts.get(layer.name, {})) for layer in layers}

    def refresh(self, counts: Counts) -> None:
        """What is painted has been counted again."""
        for number, layer in enumerate(self._layers):
            painted = counts.get(layer.name) if layer in self._open.layers() else None
            if painted is None:
                continue
            before = self._counts[layer]
            self._counts[layer] = before | self._known(painted)
            if self._counts[layer] != before:
                self._hand_over(number, layer)

    def waiting(self, counts: Counts) -> list[int]:
        """Values of the classes that are painted on its micrographs, but that it does not have."""
        names = {layer.name for layer in self._layers if layer in self._open.layers()}
        painted = {value for name in names for value, count in counts.get(name, {}).items() if count}
        return sorted(painted - self._values)

    def _known(self, painted: Mapping[int, int]) -> dict[int, int]:
        """Pixels of the classes that the training has."""
        return {value: count for value, count in painted.items() if value in self._values}

    def _hand_over(self, number: int, layer: Image) -> None:
        corrections = self._open.corrections(layer)
        find = None if corrections is None else corrections.places
        self.changes.put(Change(number, self._open.label_values(layer), find))
