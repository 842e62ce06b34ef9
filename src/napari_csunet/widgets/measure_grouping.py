"""How micrographs are grouped by their names to be compared, and the numbers of each group."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from napari_csunet.measurement.distribution import weighted_mean
from napari_csunet.widgets.measure_distributions import TOGETHER, Distribution

BY_MICROGRAPH, BY_GROUP = "by micrograph", "by name without number"
MOST_NAMED = 3
_NUMBER_AT_END = re.compile(r"[ _.\-]*(\[\d+\]|\d+)$")
_SLICE = re.compile(r" \[\d+\]$")
_BETWEEN_PARTS = re.compile(r"[ _\-]+")

Groups = Mapping[str, str]
"""The group of each micrograph, or slice of a stack, by its name."""


def groupings(names: Sequence[str]) -> dict[str, Groups]:
    """By what people choose; ``names`` are those of the fields of view."""
    numbered = {name: group_of(name) for name in names}
    ways = {TOGETHER: dict.fromkeys(names, TOGETHER), BY_MICROGRAPH: {name: name for name in names}, BY_GROUP: numbered}
    return ways | {title: groups for title, groups in _by_parts(names).items() if groups != numbered}


def group_of(name: str) -> str:
    """A name without the number at its end: "alloy aged" for "alloy aged_3"."""
    return _NUMBER_AT_END.sub("", name) or name


def _by_parts(names: Sequence[str]) -> dict[str, Groups]:
    """By each part between underscores, hyphens or spaces that several names share, but not all of them."""
    parts = {name: _BETWEEN_PARTS.split(_SLICE.sub("", name)) for name in names}
    micrographs = {_SLICE.sub("", name) for name in names}
    ways: dict[str, Groups] = {}
    for place in range(min(map(len, parts.values()), default=0)):
        groups = {name: own[place] for name, own in parts.items()}
        found = list(dict.fromkeys(groups.values()))
        if 1 < len(found) < len(micrographs):
            more = ", …" if len(found) > MOST_NAMED else ""
            ways[f"by part {place + 1}: {', '.join(found[:MOST_NAMED])}{more}"] = groups
    return ways


@dataclass(frozen=True)
class GroupFigures:
    """Numbers of a group of so many fields of view.

    fraction, deviation: mean of their area fractions, and the standard deviation among them. mean: of the property of
    all their objects. NaN where there is none.
    """

    name: str
    count: int
    fraction: float
    deviation: float
    mean: float


def group_figures(
    groups: Groups, fraction_of: Callable[[str], float], shown: Sequence[Distribution]
) -> list[GroupFigures]:
    """In the order of the names. ``fraction_of``: the area fraction in a field of view; ``shown``: of each group."""
    means = {one.name: weighted_mean(one.values, one.weights) for one in shown}
    figures = []
    for group in dict.fromkeys(groups.values()):
        shares = np.array([fraction_of(name) for name, own in groups.items() if own == group])
        deviation = float(shares.std(ddof=1)) if len(shares) > 1 else float("nan")
        figures.append(
            GroupFigures(group, len(shares), float(shares.mean()), deviation, means.get(group, float("nan")))
        )
    return figures
