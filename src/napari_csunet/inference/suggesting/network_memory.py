"""What fine-tuned networks made of slices, remembered: each is read once, and asked once about each slice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from napari_csunet.checkpoint import Checkpoint, load_checkpoint
from napari_csunet.classes import ClassTable
from napari_csunet.errors import CheckpointError
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.suggesting.network_cells import network_cells
from napari_csunet.inference.suggesting.slice_cells import Cells, SliceCells
from napari_csunet.inference.suggesting.slice_memory import Key, key_of

Version = tuple[Path, int]
"""A file, and when it was written, in nanoseconds."""


class NetworkMemory:
    """Of one network at a time; what another one, or the same file rewritten, said is forgotten."""

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._version: Version | None = None
        self._network: Checkpoint | None = None
        self._cells: dict[tuple[bool, Key], Cells] = {}

    def load(self, path: Path, classes: ClassTable) -> Checkpoint:
        """Raises CheckpointError if it cannot be read, or knows other classes."""
        version = path, path.stat().st_mtime_ns if path.is_file() else 0
        if self._network is None or version != self._version:
            self._network, self._cells = None, {}
            self._network, self._version = load_checkpoint(path), version
        if self._network.classes.values != classes.values:
            told = ", ".join(self._network.classes.class_names)
            raise CheckpointError(
                f"{path.name} was not asked: it knows other classes ({told}). Fine-tune again, or untick the network."
            )
        return self._network

    def ask(
        self, network: Checkpoint, one: LabelledMicrograph, slice_index: int, cells: SliceCells, *, views: bool
    ) -> Iterator[Cells | None]:
        """None after each tile that is predicted, and at last the probability (classes, h, w) at the cells."""
        key = views, key_of(one, slice_index)
        if key not in self._cells:
            yield None
            for seen in network_cells(network, one.read(), slice_index, cells, device=self._device, views=views):
                yield None
                if seen is not None:
                    self._cells[key] = seen
        yield self._cells[key]

    def forget_all_but(self, kept: Collection[Key]) -> None:
        """Drops what is of slices that are gone."""
        self._cells = {key: cells for key, cells in self._cells.items() if key[1] in kept}
