"""Where labels would help most: looks at all micrographs, learns from the strokes, and picks regions."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.errors import CSUNetError
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.labelled_points import labelled_points
from napari_csunet.inference.pixel_classifier import train_classifier
from napari_csunet.inference.suggesting.network_memory import NetworkMemory
from napari_csunet.inference.suggesting.painted_slice import Indices, PaintedSlice, SlicePlace, places_of, plane_of
from napari_csunet.inference.suggesting.slice_cells import Cells
from napari_csunet.inference.suggesting.slice_memory import Key, SliceMemory, key_of
from napari_csunet.inference.suggesting.suggestion_answer import answer
from napari_csunet.inference.suggesting.suggestion_reports import SuggestionReport, SuggestionRequest


class Suggestions:
    """Remembers what it has seen, so that only new micrographs take time. For one thread at a time."""

    def __init__(self, device: str = "auto") -> None:
        self.memory, self._networks = SliceMemory(device), NetworkMemory(device)
        self._shapes: dict[Key, tuple[Any, tuple[int, ...]]] = {}  # with the pixels, so that their id stays their own

    def suggest(self, request: SuggestionRequest) -> Generator[SuggestionReport, None, None]:
        """A report after each tile that is looked at, then suggestions from what the strokes teach.

        With a checkpoint it goes on: what its network is unsure of leads to a second answer, or, if it cannot be asked,
        the first one comes again and tells why. May be stopped between any two reports; what was seen is kept.
        """
        indices = [self._indices(one, request.classes) for one in request.micrographs]
        places = list(places_of(indices))
        self._forget_all_but({_key(request, one) for one in places})
        for some in _stages(request, places, self.memory):
            yield from self._look_at(request, some)
            slices = self._seen(request, some, indices)
            probability = _from_strokes(slices, len(request.classes))
            is_final = request.checkpoint is None and len(some) == len(places)
            report = answer(request, slices, probability, is_final=is_final)
            yield report
        if request.checkpoint is None:
            return
        try:
            yield from self._by_network(request, slices, request.checkpoint)
        except CSUNetError as error:
            yield replace(report, is_final=True, message=str(error))

    def _indices(self, one: LabelledMicrograph, classes: ClassTable) -> Indices:
        """Of a micrograph without labels it is only a view."""
        if one.labels is not None:
            return classes.to_indices(np.asarray(one.labels))
        key = key_of(one, 0)
        if key not in self._shapes:
            self._shapes[key] = one.pixels, one.read().mask_shape
        return np.broadcast_to(np.int16(UNLABELLED), self._shapes[key][1])

    def _forget_all_but(self, kept: set[Key]) -> None:
        """Once an array is gone, another one may get its id."""
        self.memory.forget_all_but(kept)
        self._networks.forget_all_but(kept)
        self._shapes = {key: shape for key, shape in self._shapes.items() if key in kept}

    def _look_at(self, request: SuggestionRequest, places: Sequence[SlicePlace]) -> Iterator[SuggestionReport]:
        for done, place in enumerate(places):
            one = request.micrographs[place.micrograph]
            if not self.memory.has(one, place.slice_index, in_full=place.is_learnt):
                report = SuggestionReport("looking", one.name, done, len(places))
                yield report
                for _ in self.memory.look(one, place.slice_index, in_full=place.is_learnt):
                    yield report

    def _seen(
        self, request: SuggestionRequest, places: Sequence[SlicePlace], indices: Sequence[Indices]
    ) -> list[PaintedSlice]:
        return [
            PaintedSlice(one, self.memory.seen(_key(request, one)), plane_of(indices[one.micrograph], one.slice_index))
            for one in places
        ]

    def _by_network(
        self, request: SuggestionRequest, slices: Sequence[PaintedSlice], path: Path
    ) -> Iterator[SuggestionReport]:
        """Raises CSUNetError if it cannot be asked."""
        network, found = self._networks.load(path, request.classes), list[Cells]()
        for done, one in enumerate(slices):
            micrograph, cells = request.micrographs[one.place.micrograph], one.seen.regions.cells
            report = SuggestionReport("predicting", micrograph.name, done, len(slices))
            for seen in self._networks.ask(network, micrograph, one.place.slice_index, cells, views=request.views):
                if seen is None:
                    yield report
                else:
                    found.append(seen)
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
