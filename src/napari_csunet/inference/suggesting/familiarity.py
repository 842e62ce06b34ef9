"""How far something is from what is known: nearest neighbours among the looks of regions, with a limit of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SMALLEST_SPREAD = 1e-3
ALLOWANCE = 1.5
"""So much further than known things are from each other may another one be before it counts as unlike them."""
OF_ONE_MICROGRAPH = 2.5
"""Likewise, if they are parts of one micrograph, which are more alike than two micrographs are (docs/label-next.md)."""


@dataclass(frozen=True, eq=False)
class Familiar:
    """Looks (n, features) of known regions, in units of ``spread``; ``limit``: how far familiar ones may be."""

    known: Floats
    spread: Floats
    limit: float

    def distance(self, looks: Floats) -> Floats:
        """To the nearest known region (n,); above 1 it is unlike all of them."""
        return nearest(self.known, looks / self.spread) / self.limit

    def share_unlike(self, looks: Floats) -> float:
        """Part of these regions that is unlike all that is known."""
        return float((self.distance(looks) > 1).mean())


def familiar_with(known: Floats, around: Sequence[Floats], quantile: float, allowance: float = ALLOWANCE) -> Familiar:
    """Knows some regions. The limit: what this quantile of all regions ``around`` them, by micrograph, stay below."""
    spread = spread_within(around)
    distances = nearest(known / spread, np.concatenate([one / spread for one in around]))
    return Familiar(known / spread, spread, max(allowance * float(np.quantile(distances, quantile)), SMALLEST_SPREAD))


def familiar_with_groups(groups: Sequence[Floats], quantile: float, allowance: float = ALLOWANCE) -> Familiar:
    """Knows two or more groups of regions. The limit: how far the strangest group is from all the others."""
    spread = spread_within(groups)
    scaled = [one / spread for one in groups]
    rest = [np.concatenate([*scaled[:i], *scaled[i + 1 :]]) for i in range(len(scaled))]
    left_out = [float(np.quantile(nearest(others, one), quantile)) for others, one in zip(rest, scaled, strict=True)]
    return Familiar(np.concatenate(scaled), spread, max(allowance * max(left_out), SMALLEST_SPREAD))


def nearest(known: Floats, others: Floats) -> Floats:
    """Distance (n,) of each of ``others`` (n, features) to its nearest neighbour."""
    nearest_one: Floats = distances(known, others).min(axis=1)
    return nearest_one


def distances(known: Floats, others: Floats) -> Floats:
    """From each of ``others`` (n, features) to each of ``known`` (m, features): (n, m), as a mean over the features."""
    middle = known.mean(axis=0)  # large numbers would cancel
    known, others = known - middle, others - middle
    squares = (others**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * others @ known.T
    found: Floats = np.sqrt(np.maximum(squares, 0) / known.shape[1])
    return found


def spread_within(groups: Sequence[Floats]) -> Floats:
    """Of each feature inside the groups, whatever lies between them."""
    spread: Floats = np.sqrt(np.mean([one.var(axis=0) for one in groups], axis=0)) + SMALLEST_SPREAD
    return spread
