"""From what is seen, painted and in doubt to a list of regions, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.inference.suggesting.cell_kinds import KindsOfSlice
from napari_csunet.inference.suggesting.familiarity import Familiar
from napari_csunet.inference.suggesting.foreign import familiar_regions, foreign_among
from napari_csunet.inference.suggesting.painted_slice import PaintedSlice
from napari_csunet.inference.suggesting.slice_cells import Cells
from napari_csunet.inference.suggesting.suggestion_reports import (
    Suggestion,
    SuggestionReport,
    SuggestionRequest,
    UncertaintyMap,
)
from napari_csunet.inference.suggesting.suggestion_words import reason
from napari_csunet.inference.suggesting.useful_regions import Candidates, Chosen, most_useful
from napari_csunet.inference.uncertainty import margin_uncertainty

ENOUGH_PAINTED = 0.01
"""Share of a region that is labelled, from which on nothing more is to be painted there."""
MOST_DATABAR = 0.2
"""Share of a region that may be databar."""
A_STROKE = 100
"""Labelled pixels of a kind of cell after which further ones are worth half."""
LITTLE = 0.5
"""Strokes in what a region shows, below which little like it is labelled."""

PerKind = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeenSlices:
    """All slices that were looked at, and what kinds of cells they show."""

    painted: Sequence[PaintedSlice]
    kinds: Sequence[KindsOfSlice]

    def known(self) -> PerKind:
        """Strokes (kinds,) on cells of each kind."""
        pixels = [one.labelled * one.seen.regions.cells.pixels**2 for one in self.painted]
        return sums_of(pixels, self.kinds) / A_STROKE

    def candidates(self) -> list[Candidates]:
        pairs = zip(self.painted, self.kinds, strict=True)
        return [
            Candidates(
                one.seen.regions,
                kinds,
                (one.painted < ENOUGH_PAINTED) & (one.shut < MOST_DATABAR),
            )
            for one, kinds in pairs
        ]


def answer(
    request: SuggestionRequest, slices: SeenSlices, probability: Sequence[Cells] | None, *, is_final: bool
) -> SuggestionReport:
    """probability: (classes, h, w) at the cells of each slice; None if nothing was learnt; what is common counts."""
    known = slices.known()
    chosen = most_useful(slices.candidates(), worth(slices.kinds, probability), known, request.count)
    familiar = familiar_regions(slices.painted)
    names = [one.name for one in request.micrographs]
    suggestions = [
        _suggestion(request, slices, one, None if probability is None else probability[one.place], known, familiar)
        for one in chosen
    ]
    return SuggestionReport(
        "suggestions",
        suggestions=tuple(suggestions),
        foreign=tuple(foreign_among(slices.painted, names)),
        maps=() if probability is None else _maps(slices.painted, probability, names),
        is_final=is_final,
    )


def worth(kinds: Sequence[KindsOfSlice], probability: Sequence[Cells] | None) -> PerKind:
    """What all cells of each kind would gain from labels (kinds,): 1 − margin; without a probability, their number."""
    if probability is None:
        return sums_of([np.ones(one.kinds.shape) for one in kinds], kinds)
    return sums_of([margin_uncertainty(one) for one in probability], kinds)


def sums_of(maps: Sequence[npt.NDArray[np.floating]], kinds: Sequence[KindsOfSlice]) -> PerKind:
    """Of maps (h, w) of all slices, over the cells of each kind (kinds,)."""
    sums: PerKind = np.sum([one.sums(cells) for one, cells in zip(kinds, maps, strict=True)], axis=0)
    return sums


def _suggestion(
    request: SuggestionRequest,
    slices: SeenSlices,
    one: Chosen,
    probability: Cells | None,
    known: PerKind,
    familiar: Familiar | None,
) -> Suggestion:
    painted, kinds = slices.painted[one.place], slices.kinds[one.place]
    regions, place = painted.seen.regions, painted.place
    is_unlike = familiar is not None and bool(familiar.distance(painted.looks[one.number : one.number + 1])[0] > 1)
    is_new = bool(kinds.shares[one.number] @ np.minimum(known, 1) < LITTLE)
    doubt = None if probability is None else regions.means(probability * (1 - probability))[:, one.number]
    sentence = reason(doubt, request.classes, is_unlike=is_unlike, is_new=is_new)
    name = request.micrographs[place.micrograph].name
    return Suggestion(name, regions.place(one.number, place.slice_index), sentence, is_unlike)


def _maps(
    slices: Sequence[PaintedSlice], probability: Sequence[Cells], names: Sequence[str]
) -> tuple[UncertaintyMap, ...]:
    return tuple(
        UncertaintyMap(
            names[one.place.micrograph],
            one.place.slice_index,
            margin_uncertainty(cells).astype(np.float16),
            one.seen.regions.cells.pixels,
        )
        for one, cells in zip(slices, probability, strict=True)
    )
