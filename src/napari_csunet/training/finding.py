"""One sentence about labels that may spoil a training, and the place that shows what it is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A region of one slice of a micrograph: first row and column, and those after the last."""

    slice_index: int
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Finding:
    """What was found, in plain words; ``micrograph`` by name, ``place`` within it, ``value`` of a class, if any."""

    sentence: str
    micrograph: str | None = None
    place: Place | None = None
    value: int | None = None
