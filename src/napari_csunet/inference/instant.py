"""The instant answer: masks from a few strokes without any training run."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.inference.instant_reports import InstantReport, InstantRequest, LabelledMicrograph
from napari_csunet.inference.labelled_points import Points, labelled_points
from napari_csunet.inference.pixel_classifier import train_classifier
from napari_csunet.inference.pixel_features import LARGEST, PixelFeatures, SliceLook, feature_network
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph

MOST_PIXELS = 32 * 10**6
"""Of all slices that are kept in memory, at about 33 bytes each."""

Indices = npt.NDArray[np.int16]


@dataclass(eq=False)
class _Seen:
    """One slice: what it is of, and how far it has been looked at. A stopped look goes on where it was left."""

    pixels: Any
    micrograph: Micrograph
    look: SliceLook
    databar: slice | None
    features: PixelFeatures | None = None


Place = tuple[int, int]
"""Micrograph of a request, slice."""


class InstantAnswers:
    """Remembers what it has seen, so that only new micrographs take time. For one thread at a time."""

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._seen: OrderedDict[tuple[int, int], _Seen] = OrderedDict()

    def answer(self, request: InstantRequest) -> Generator[InstantReport, None, None]:
        """A report before each tile that is looked at, then two while it learns, then the answer.

        Labelled micrographs that were not seen before are looked at next, and a second answer follows. There is no
        answer while fewer than two classes are labelled. May be stopped between any two reports.
        """
        indices = [request.classes.to_indices(np.asarray(one.labels)) for one in request.micrographs]
        shown = (request.shown, request.slice_index)
        wanted = list(_affordable([shown, *_labelled(indices, shown)], request.micrographs))
        yield from self._look_at(request, wanted[:1])
        new = [place for place in wanted[1:] if not self._is_seen(request, place)]
        for unseen in (new, []) if new else ([],):
            places = [place for place in wanted if place not in unseen]
            yield from self._answered(request, indices, places, is_final=not unseen)
            yield from self._look_at(request, unseen)
        self._forget(request, wanted)

    def _look_at(self, request: InstantRequest, places: Sequence[Place]) -> Iterator[InstantReport]:
        for place in places:
            if self._is_seen(request, place):
                continue
            name = request.micrographs[place[0]].name
            yield InstantReport("looking", name)
            seen = self._begun(request, place)
            while seen.features is None:
                seen.features = seen.look.step()
                if seen.features is None:
                    yield InstantReport("looking", name)

    def _begun(self, request: InstantRequest, place: Place) -> _Seen:
        key, one = _key(request, place), request.micrographs[place[0]]
        if key not in self._seen:
            micrograph = one.read()
            look = SliceLook(micrograph, place[1], feature_network(self._device))
            self._seen[key] = _Seen(one.pixels, micrograph, look, databar_rows(micrograph))
        return self._seen[key]

    def _is_seen(self, request: InstantRequest, place: Place) -> bool:
        seen = self._seen.get(_key(request, place))
        return seen is not None and seen.features is not None

    def _answered(
        self, request: InstantRequest, indices: Sequence[Indices], places: Sequence[Place], *, is_final: bool
    ) -> Iterator[InstantReport]:
        """Learns from some slices and answers for the first of them."""
        random = np.random.default_rng(0)
        points = [self._points(request, indices, place, random) for place in places]
        x, y = (torch.cat(parts) for parts in zip(*points, strict=True))
        if len(torch.unique(y)) < 2:
            return
        name = request.micrographs[request.shown].name
        yield InstantReport("learning", name)
        classifier = train_classifier(x, y)
        yield InstantReport("learning", name)
        seen = self._seen[_key(request, places[0])]
        mask = _at_full_size(classifier.indices(_known(seen)), seen, request.classes)
        pixels = sum(len(_painted(indices, place)) for place in places)
        yield InstantReport("answer", name, mask, len(classifier.classes), pixels, is_final)

    def _points(
        self, request: InstantRequest, indices: Sequence[Indices], place: Place, random: np.random.Generator
    ) -> Points:
        features = _known(self._seen[_key(request, place)])
        return labelled_points(features, _of_slice(indices, place), len(request.classes), random)

    def _forget(self, request: InstantRequest, wanted: Sequence[Place]) -> None:
        """Drops the oldest of what is not needed now, until the rest fits."""
        for place in reversed(wanted):
            self._seen.move_to_end(_key(request, place))
        while len(self._seen) > len(wanted) and _pixels(self._seen.values()) > MOST_PIXELS:
            self._seen.popitem(last=False)


def _key(request: InstantRequest, place: Place) -> tuple[int, int]:
    """An object that is remembered is kept alive, so its id stays its own."""
    return id(request.micrographs[place[0]].pixels), place[1]


def _labelled(indices: Sequence[Indices], shown: Place) -> Iterator[Place]:
    """Every slice with labels but the one shown."""
    for number, array in enumerate(indices):
        for index, plane in enumerate(array if array.ndim == 3 else array[None]):
            if (number, index) != shown and (plane != UNLABELLED).any():
                yield number, index


def _of_slice(indices: Sequence[Indices], place: Place) -> Indices:
    array = indices[place[0]]
    return array[place[1]] if array.ndim == 3 else array


def _painted(indices: Sequence[Indices], place: Place) -> Indices:
    """Class indices (n,) of the labelled pixels of a slice."""
    plane = _of_slice(indices, place)
    painted: Indices = plane[plane != UNLABELLED]
    return painted


def _known(seen: _Seen) -> PixelFeatures:
    if seen.features is None:
        raise RuntimeError("this slice was not looked at to the end")
    return seen.features


def _affordable(places: Sequence[Place], micrographs: Sequence[LabelledMicrograph]) -> Iterator[Place]:
    """The first of them, and as many more as fit into memory."""
    left = MOST_PIXELS
    for place in places:
        height, width = np.shape(micrographs[place[0]].labels)[-2:]
        left -= min(LARGEST, height * width)
        if left >= 0 or place == places[0]:
            yield place


def _pixels(seen: Iterable[_Seen]) -> int:
    return sum(one.micrograph.size[0] * one.micrograph.size[1] // one.look.factor**2 for one in seen)


def _at_full_size(indices: Indices, seen: _Seen, classes: ClassTable) -> npt.NDArray[np.unsignedinteger]:
    """Label values (h, w) of the micrograph's size, the databar excluded."""
    factor, (height, width) = seen.look.factor, seen.micrograph.size
    large = indices.repeat(factor, axis=0).repeat(factor, axis=1)
    missing = ((0, height - large.shape[0]), (0, width - large.shape[1]))
    values = classes.to_values(np.pad(large, missing, mode="edge") if factor > 1 else large)
    if seen.databar is not None:
        values[seen.databar] = classes.excluded_value
    return values
