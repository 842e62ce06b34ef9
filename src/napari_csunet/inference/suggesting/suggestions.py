"""Where labels would help most: looks at all micrographs, learns from the strokes, and picks regions."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from napari_csunet.checkpoint import Checkpoint, load_checkpoint
from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.labelled_points import labelled_points
from napari_csunet.inference.pixel_classifier import train_classifier
from napari_csunet.inference.suggesting.cell_kinds import KindsOfSlice, kinds_of
from napari_csunet.inference.suggesting.network_cells import network_cells
from napari_csunet.inference.suggesting.painted_slice import Indices, PaintedSlice, SlicePlace, places_of, plane_of
from napari_csunet.inference.suggesting.slice_cells import Cells
from napari_csunet.inference.suggesting.slice_memory import Key, SliceMemory, key_of
from napari_csunet.inference.suggesting.suggestion_answer import SeenSlices, answer
from napari_csunet.inference.suggesting.suggestion_reports import SuggestionReport, SuggestionRequest


class Suggestions:
    """Remembers what it has seen, so that only new micrographs take time. For one thread at a time."""

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self.memory = SliceMemory(device)
        self._shapes: dict[Key, tuple[int, ...]] = {}
        self._kinds: tuple[list[Key], list[KindsOfSlice]] = ([], [])
        self._predicted: dict[tuple[Path, int, bool, Key], Cells] = {}

    def suggest(self, request: SuggestionRequest) -> Generator[SuggestionReport, None, None]:
        """A report after each tile that is looked at, then suggestions from what the strokes teach.

        With a checkpoint of the same classes it goes on: what its network is unsure of leads to a second answer. May
        be stopped between any two reports; what was seen is kept.
        """
        indices = [self._indices(one, request.classes) for one in request.micrographs]
        places, network = list(places_of(indices)), _network(request)
        self.memory.forget_all_but({_key(request, one) for one in places})
        for some in _stages(request, places, self.memory):
            yield from self._look_at(request, some)
            slices = self._seen(request, some, indices)
            probability = _from_strokes(slices.painted, len(request.classes))
            is_final = network is None and len(some) == len(places)
            yield answer(request, slices, probability, is_final=is_final)
        if network is not None:
            yield from self._by_network(request, slices, network)

    def _indices(self, one: LabelledMicrograph, classes: ClassTable) -> Indices:
        """Of a micrograph without labels it is only a view."""
        if one.labels is not None:
            return classes.to_indices(np.asarray(one.labels))
        key = key_of(one, 0)
        if key not in self._shapes:
            self._shapes[key] = one.read().mask_shape
        return np.broadcast_to(np.int16(UNLABELLED), self._shapes[key])

    def _look_at(self, request: SuggestionRequest, places: Sequence[SlicePlace]) -> Iterator[SuggestionReport]:
        for done, place in enumerate(places):
            one = request.micrographs[place.micrograph]
            if not self.memory.has(one, place.slice_index, in_full=place.is_learnt):
                report = SuggestionReport("looking", one.name, done, len(places))
                yield report
                for _ in self.memory.look(one, place.slice_index, in_full=place.is_learnt):
                    yield report

    def _seen(self, request: SuggestionRequest, places: Sequence[SlicePlace], indices: Sequence[Indices]) -> SeenSlices:
        keys = [_key(request, one) for one in places]
        painted = [
            PaintedSlice(one, self.memory.seen(key), plane_of(indices[one.micrograph], one.slice_index))
            for one, key in zip(places, keys, strict=True)
        ]
        return SeenSlices(painted, self._kinds_of(keys, painted))

    def _kinds_of(self, keys: list[Key], slices: Sequence[PaintedSlice]) -> list[KindsOfSlice]:
        """Found anew only when there are other slices, in whatever order."""
        if set(keys) != set(self._kinds[0]):
            self._kinds = (keys, kinds_of([one.seen.regions for one in slices]))
        found = dict(zip(*self._kinds, strict=True))
        return [found[key] for key in keys]

    def _by_network(
        self, request: SuggestionRequest, slices: SeenSlices, network: Checkpoint
    ) -> Iterator[SuggestionReport]:
        path, found = Path(request.checkpoint or ""), []
        keys = [_key(request, one.place) for one in slices.painted]
        self._predicted = {key: cells for key, cells in self._predicted.items() if key[3] in keys}
        for done, (one, slice_key) in enumerate(zip(slices.painted, keys, strict=True)):
            micrograph, index = request.micrographs[one.place.micrograph], one.place.slice_index
            key = (path, path.stat().st_mtime_ns, request.views, slice_key)
            if key not in self._predicted:
                yield SuggestionReport("predicting", micrograph.name, done, len(keys))
                cells = one.seen.regions.cells
                for seen in network_cells(
                    network, micrograph.read(), index, cells, device=self._device, views=request.views
                ):
                    yield SuggestionReport("predicting", micrograph.name, done, len(keys))
                    if seen is not None:
                        self._predicted[key] = seen
            found.append(self._predicted[key])
        yield answer(request, slices, found, is_final=True)


def _key(request: SuggestionRequest, place: SlicePlace) -> Key:
    return key_of(request.micrographs[place.micrograph], place.slice_index)


def _stages(request: SuggestionRequest, places: list[SlicePlace], memory: SliceMemory) -> Iterator[list[SlicePlace]]:
    """All, but if much is new among those that are not open, the open and the labelled ones first."""
    opened = len(request.micrographs) if request.open_count is None else request.open_count
    first = [one for one in places if one.micrograph < opened or one.is_learnt]
    later = [one for one in places if one not in first]
    if first and any(not memory.has_key(_key(request, one)) for one in later):
        yield first
    yield places


def _network(request: SuggestionRequest) -> Checkpoint | None:
    """None if there is none, or if it knows other classes."""
    checkpoint = load_checkpoint(request.checkpoint) if request.checkpoint is not None else None
    fits = checkpoint is not None and checkpoint.classes.values == request.classes.values
    return checkpoint if fits else None


def _from_strokes(slices: Sequence[PaintedSlice], class_count: int) -> list[Cells] | None:
    """Probability (classes, h, w) of each slice; None while fewer than two classes are labelled."""
    random = np.random.default_rng(0)
    points = [
        labelled_points(one.seen.features, one.indices, class_count, random)
        for one in slices
        if one.place.is_learnt and one.seen.features is not None
    ]
    if not points or len(torch.unique(torch.cat([y for _, y in points]))) < 2:
        return None
    x, y = (torch.cat(parts) for parts in zip(*points, strict=True))
    classifier = train_classifier(x, y)
    return [one.seen.regions.cells.probability(classifier, class_count) for one in slices]
