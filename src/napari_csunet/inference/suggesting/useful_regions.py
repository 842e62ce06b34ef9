"""Which regions are most useful to label: they stand for many others, no two for the same, none touching another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.inference.suggesting.familiarity import distances, nearest, spread_within
from napari_csunet.inference.suggesting.slice_regions import SliceRegions

MOST_REGIONS = 4000
"""Of all slices together, evenly spaced ones, that are compared: 64 MB of distances."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Regions of one slice. weights: (n,), how much it counts that something like each is labelled.

    is_open: (n,), false where nothing more is to be painted. is_painted: (n,), where something is.
    """

    regions: SliceRegions
    weights: npt.NDArray[np.floating]
    is_open: npt.NDArray[np.bool_]
    is_painted: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Chosen:
    """Place of the slice among the candidates, and number of its region."""

    place: int
    number: int


def most_useful(slices: Sequence[Candidates], count: int) -> list[Chosen]:
    """At most ``count`` regions, the best first: each brings most others closer to something labelled or chosen.

    One after another comes close to the best set of them (facility location; Nemhauser, Wolsey, Fisher 1978).
    """
    compared, chosen = _compared(slices), list[Chosen]()
    far, is_open = compared.far, compared.is_open
    while len(chosen) < count and is_open.any():
        gain = compared.weights @ np.maximum(far[:, None] - compared.apart, 0)
        best = int(np.where(is_open, gain, -1).argmax())
        place, number = int(compared.places[best]), int(compared.numbers[best])
        chosen.append(Chosen(place, number))
        far = np.minimum(far, compared.apart[:, best])
        same = compared.places == place
        is_open[same] &= ~touching(slices[place].regions, number)[compared.numbers[same]]
    return chosen


def touching(regions: SliceRegions, number: int) -> npt.NDArray[np.bool_]:
    """Which regions of a slice touch or cover one of them (n,)."""
    apart = np.abs(regions.corners - regions.corners[number]) > (regions.height, regions.width)
    touches: npt.NDArray[np.bool_] = ~apart.any(axis=1)
    return touches


@dataclass(frozen=True, eq=False)
class _Compared:
    """Regions (n,) of all slices. apart: (n, n), how different they look. far: from what is labelled."""

    places: npt.NDArray[np.intp]
    numbers: npt.NDArray[np.intp]
    weights: Floats
    is_open: npt.NDArray[np.bool_]
    apart: Floats
    far: Floats


def _compared(slices: Sequence[Candidates]) -> _Compared:
    """No region counts as further than half of all pairs are apart, so that strange ones outweigh no common ones."""
    places = np.repeat(np.arange(len(slices)), [len(one.weights) for one in slices])
    numbers = np.concatenate([np.arange(len(one.weights)) for one in slices])
    spread = spread_within([one.regions.looks for one in slices])
    looks = np.concatenate([one.regions.looks / spread for one in slices])
    weights, is_open, is_painted = (
        np.concatenate(parts)
        for parts in zip(*((one.weights, one.is_open, one.is_painted) for one in slices), strict=True)
    )
    some, painted = _spaced(np.arange(len(looks))), _spaced(np.flatnonzero(is_painted))
    apart = distances(looks[some], looks[some])
    far = np.full(len(some), np.median(apart), np.float32)
    if len(painted):
        far = np.minimum(far, nearest(looks[painted], looks[some]))
    return _Compared(places[some], numbers[some], weights[some].astype(np.float32), is_open[some], apart, far)


def _spaced(numbers: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """At most ``MOST_REGIONS`` of them."""
    return numbers[:: max(1, -(-len(numbers) // MOST_REGIONS))]
