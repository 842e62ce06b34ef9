"""The regions of micrographs that a network adapts to, as it sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from napari_csunet.checkpoint import Provenance, array_sha256
from napari_csunet.inference.seen_scale import as_seen, seen_scale
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph

MOST_SLICES = 16
"""Drawn at random of all slices of all micrographs."""
MOST_SIDE = 1024
"""Of what is looked at in each slice, in pixels that the network sees."""


@dataclass(frozen=True, eq=False)
class Target:
    """A region of one slice, in pixels of the micrograph; ``shrink`` of them are one pixel that the network sees."""

    micrograph: Micrograph
    index: int
    rows: slice
    columns: slice
    shrink: tuple[float, float]

    @cached_property
    def picture(self) -> Micrograph:
        """The region at the scale that the network sees."""
        pixels = self.micrograph.pixels[self.index : self.index + 1, self.rows, self.columns]
        return as_seen(replace(self.micrograph, pixels=pixels, is_stack=False), self.shrink)[0]

    def middle(self, side: int) -> Target:
        """The middle of the region, at most ``side`` × ``side`` pixels that the network sees."""
        rows = _middle(self.rows, round(side * self.shrink[0]))
        columns = _middle(self.columns, round(side * self.shrink[1]))
        is_all = (rows, columns) == (self.rows, self.columns)
        return self if is_all else replace(self, rows=rows, columns=columns)

    def description(self) -> dict[str, Any]:
        """Where it lies, and the ``array_sha256`` of its pixels (h, w, channels) as they are in the micrograph."""
        pixels = np.asarray(self.micrograph.pixels[self.index, self.rows, self.columns])
        return {
            "name": self.micrograph.name,
            "slice": self.index,
            "rows": [self.rows.start, self.rows.stop],
            "columns": [self.columns.start, self.columns.stop],
            "sha256": array_sha256(pixels),
        }


def targets(micrographs: Sequence[Micrograph], provenance: Provenance, seed: int) -> list[Target]:
    """Parts of single slices without databars; of large ones a part drawn at random."""
    random = np.random.default_rng([seed, 4])
    places = [(one, index) for one in micrographs for index in range(one.slice_count)]
    drawn = random.permutation(len(places))[:MOST_SLICES]
    return [_drawn(one, index, provenance, random) for one, index in (places[place] for place in drawn)]


def _drawn(micrograph: Micrograph, index: int, provenance: Provenance, random: np.random.Generator) -> Target:
    shrink = seen_scale(micrograph, provenance, match=True).shrink
    rows = _part(_specimen_rows(micrograph), round(MOST_SIDE * shrink[0]), random)
    columns = _part(slice(0, micrograph.size[1]), round(MOST_SIDE * shrink[1]), random)
    return Target(micrograph, index, rows, columns, shrink)


def _specimen_rows(micrograph: Micrograph) -> slice:
    """All rows, or those on the larger side of a databar."""
    height, bar = micrograph.size[0], databar_rows(micrograph)
    if bar is None:
        return slice(0, height)
    return slice(0, bar.start) if bar.start >= height - bar.stop else slice(bar.stop, height)


def _part(span: slice, most: int, random: np.random.Generator) -> slice:
    length = span.stop - span.start
    start = span.start + int(random.integers(max(0, length - most) + 1))
    return slice(start, start + min(most, length))


def _middle(span: slice, most: int) -> slice:
    length = min(most, span.stop - span.start)
    start = span.start + (span.stop - span.start - length) // 2
    return slice(start, start + length)
