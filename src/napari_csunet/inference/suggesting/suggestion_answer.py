"""From what is seen, painted and in doubt to a list of regions, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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
PIXELS_SEEN = 20
"""Pixels of a region in which a person would notice a class: one of 5 % of them counts as showing for 2/3."""
LITTLE = 0.5
"""Part of the distance at which a region is unlike all labelled, from which on few labels are like it."""


def answer(
    request: SuggestionRequest, slices: Sequence[PaintedSlice], probability: Sequence[Cells] | None, *, is_final: bool
) -> SuggestionReport:
    """probability: (classes, h, w) at the cells of each slice; None if nothing was learnt."""
    chosen = most_useful(candidates(slices, probability), request.count)
    familiar = familiar_regions(slices)
    names = [one.name for one in request.micrographs]
    suggestions = [
        _suggestion(request, slices[one.place], one, None if probability is None else probability[one.place], familiar)
        for one in chosen
    ]
    return SuggestionReport(
        "suggestions",
        suggestions=tuple(suggestions),
        foreign=tuple(foreign_among(slices, names)),
        maps=() if probability is None else _maps(slices, probability, names),
        is_final=is_final,
    )


def candidates(slices: Sequence[PaintedSlice], probability: Sequence[Cells] | None) -> list[Candidates]:
    """All regions, with what is known of their classes."""
    known = [None] * len(slices) if probability is None else probability
    return [_candidates(one, seen) for one, seen in zip(slices, known, strict=True)]


def _candidates(one: PaintedSlice, probability: Cells | None) -> Candidates:
    """The databar is neither to be painted nor stood for."""
    regions, is_micrograph = one.seen.regions, one.shut < MOST_DATABAR
    numbers = 1.0 if probability is None else class_number(regions.means(probability))
    return Candidates(regions, numbers * is_micrograph, is_micrograph & (one.painted < ENOUGH_PAINTED), one.painted > 0)


def class_number(shares: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """How many classes (n,) are to be expected among some pixels, their shares being (classes, n)."""
    number: npt.NDArray[np.floating] = (1 - (1 - shares.clip(0, 1)) ** PIXELS_SEEN).sum(axis=0)
    return number


def _suggestion(
    request: SuggestionRequest, one: PaintedSlice, chosen: Chosen, probability: Cells | None, familiar: Familiar | None
) -> Suggestion:
    regions, place, number = one.seen.regions, one.place, chosen.number
    strangeness = 0.0 if familiar is None else float(familiar.distance(one.looks[number : number + 1])[0])
    doubt = None if probability is None else regions.means(probability * (1 - probability))[:, number]
    sentence = reason(doubt, request.classes, is_unlike=strangeness > 1, is_new=strangeness > LITTLE)
    name = request.micrographs[place.micrograph].name
    return Suggestion(name, regions.place(number, place.slice_index), sentence, strangeness > 1)


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
