"""Which regions are most useful to label: they show much that is in doubt, no two the same, none touching another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.inference.suggesting.cell_kinds import KindsOfSlice
from napari_csunet.inference.suggesting.slice_regions import SliceRegions

Floats = npt.NDArray[np.floating]
OF_A_REGION = 3.0
"""How much is known of a kind once a region of nothing else has been labelled; 1 halves what more labels are worth."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Regions of one slice. is_open: (n,), false where nothing more is to be painted."""

    regions: SliceRegions
    kinds: KindsOfSlice
    is_open: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Chosen:
    """Place of the slice among the candidates, number of its region, and what it is worth."""

    place: int
    number: int
    score: float


def most_useful(slices: Sequence[Candidates], worth: Floats, known: Floats, count: int) -> list[Chosen]:
    """At most ``count`` regions, the best first.

    worth: of each kind of cell, how much all cells of it would gain from labels. known: how much is labelled of it. A
    region brings what its kinds are worth, each divided by 1 + what is known of it, with the regions chosen before.
    """
    shares = np.concatenate([one.kinds.shares for one in slices])
    places = np.repeat(np.arange(len(slices)), [len(one.is_open) for one in slices])
    is_open = np.concatenate([one.is_open for one in slices])
    known, chosen = np.array(known, float), list[Chosen]()
    while len(chosen) < count:
        gain = shares @ (worth / (1 + known)) * is_open
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        place = int(places[best])
        number = best - int(np.searchsorted(places, place))
        chosen.append(Chosen(place, number, float(gain[best])))
        known += OF_A_REGION * shares[best]
        is_open[places == place] &= ~touching(slices[place].regions, number)
    return chosen


def touching(regions: SliceRegions, number: int) -> npt.NDArray[np.bool_]:
    """Which regions of a slice touch or cover one of them (n,)."""
    apart = np.abs(regions.corners - regions.corners[number]) > (regions.height, regions.width)
    touches: npt.NDArray[np.bool_] = ~apart.any(axis=1)
    return touches
