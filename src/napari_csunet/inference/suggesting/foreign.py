"""Regions unlike anything painted, and whole micrographs unlike those that are learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.suggesting.familiarity import (
    OF_ONE_MICROGRAPH,
    Familiar,
    familiar_with,
    familiar_with_groups,
)
from napari_csunet.inference.suggesting.painted_slice import PaintedSlice
from napari_csunet.inference.suggesting.slice_memory import SliceMemory, key_of
from napari_csunet.inference.suggesting.slice_regions import SliceRegions
from napari_csunet.inference.suggesting.suggestion_reports import ForeignMicrograph

Floats = npt.NDArray[np.float32]
OF_REGIONS = 1.25
"""Allowance for single regions; they are shown to a person, who may go on to the next."""
STRANGE_REGIONS = 0.95
"""Part of the regions of painted micrographs that count as like what is painted."""
HALF = 0.5
"""A micrograph is foreign if more than this part of its regions is unlike those of the micrographs learnt from."""


def familiar_regions(slices: Sequence[PaintedSlice]) -> Familiar | None:
    """With the regions that are painted on; None if there are none."""
    used = [one for one in slices if (one.painted > 0).any()]
    if not used:
        return None
    known = np.concatenate([one.looks[one.painted > 0] for one in used])
    return familiar_with(known, [one.looks for one in used], STRANGE_REGIONS, OF_REGIONS)


def familiar_micrographs(learnt: Sequence[SliceRegions]) -> Familiar | None:
    """With all regions of the slices learnt from. One alone is judged by how alike its halves are."""
    if not learnt:
        return None
    if len(learnt) > 1:
        return familiar_with_groups([one.looks for one in learnt], HALF)
    halves = [groups for axis in (0, 1) if (groups := _halves(learnt[0], axis)) is not None]
    split = [familiar_with_groups(groups, HALF, OF_ONE_MICROGRAPH) for groups in halves]
    return min(split, key=lambda one: one.limit, default=None)


def _halves(regions: SliceRegions, axis: int) -> list[Floats] | None:
    """Upper and lower, or left and right regions; None if there are none on one side."""
    first = regions.corners[:, axis] <= regions.corners[:, axis].mean()
    return None if first.all() else [regions.looks[first], regions.looks[~first]]


def foreign_among(slices: Sequence[PaintedSlice], names: Sequence[str]) -> Iterator[ForeignMicrograph]:
    """The foreign ones among the micrographs of these names on which nothing is painted."""
    painted = {one.place.micrograph for one in slices if (one.painted > 0).any()}
    familiar = familiar_micrographs([one.seen.regions for one in slices if one.place.micrograph in painted])
    for number in sorted({one.place.micrograph for one in slices} - painted):
        looks = np.concatenate([one.looks for one in slices if one.place.micrograph == number])
        share = familiar.share_unlike(looks) if familiar is not None else 0.0
        if share > HALF:
            yield ForeignMicrograph(names[number], share)


def foreign_micrographs(
    learnt: Sequence[LabelledMicrograph], others: Sequence[LabelledMicrograph], memory: SliceMemory
) -> Iterator[ForeignMicrograph | None]:
    """None after each tile that is looked at, then the foreign ones among the others, for use before a prediction.

    Of a stack the first slice counts.
    """
    for one in (*learnt, *others):
        if not memory.has(one, 0, in_full=False):
            yield from memory.look(one, 0, in_full=False)
    familiar = familiar_micrographs([memory.seen(key_of(one, 0)).regions for one in learnt])
    for one in others:
        share = familiar.share_unlike(memory.seen(key_of(one, 0)).regions.looks) if familiar is not None else 0.0
        if share > HALF:
            yield ForeignMicrograph(one.name, share)
