"""Superpixels for the magic wand: worked out in a thread, once for each part of a micrograph that is clicked on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, Signal

from napari_csunet.widgets.background import Background

TILE = 1024
"""Larger micrographs are looked at in squares of this size, which takes about a second each."""
KEPT = 8


@dataclass(frozen=True, eq=False)
class SuperpixelAt:
    """whole: all of a micrograph, (slices, h, w) or (h, w), and channels. place: its slice, or ... if it has none.

    size: width of the superpixels in pixels.
    """

    whole: Any
    place: Any
    point: tuple[int, int]
    size: int

    @property
    def tile(self) -> tuple[slice, slice]:
        starts = [TILE * (one // TILE) for one in self.point]
        return slice(starts[0], starts[0] + TILE), slice(starts[1], starts[1] + TILE)

    @property
    def pixels(self) -> npt.NDArray[np.generic]:
        """Of the tile, read now."""
        return np.asarray(self.whole[self.tile if self.place is ... else (self.place, *self.tile)])

    def is_near(self, other: SuperpixelAt) -> bool:
        """Whether the same superpixels serve both."""
        mine, its = (self.place, self.tile, self.size), (other.place, other.tile, other.size)
        return self.whole is other.whole and mine == its

    def region(self, numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """The superpixel at the point, (h, w) of the whole slice, from those of its tile."""
        y, x = self.point
        rows, columns = self.tile
        first = 0 if self.place is ... else 1
        inside = np.zeros(self.whole.shape[first : first + 2], bool)
        inside[rows, columns] = numbers == numbers[y - rows.start, x - columns.start]
        return inside


@dataclass(frozen=True, eq=False)
class _Found:
    asked: SuperpixelAt
    numbers: npt.NDArray[np.int32]


class Superpixels(QObject):
    """``found``: the superpixel (h, w) of the last one asked for."""

    found = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._known: list[_Found] = []
        self._asked: SuperpixelAt | None = None
        self.background = Background()
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self._on_failed)
        self.background.finished.connect(self._on_finished)

    def find(self, asked: SuperpixelAt) -> None:
        """Only the last of several is answered."""
        self._asked = asked
        known = next((one for one in self._known if one.asked.is_near(asked)), None)
        if known is not None:
            self._asked = None
            self.found.emit(asked.region(known.numbers))
        elif not self.background.is_running:
            self.background.start(_superpixels, asked)

    def keep_only(self, wholes: Sequence[Any]) -> None:
        """Forgets the superpixels of all other micrographs."""
        self._known = [one for one in self._known if any(one.asked.whole is whole for whole in wholes)]

    def _on_reported(self, found: _Found) -> None:
        self._known = [*self._known, found][-KEPT:]

    def _on_failed(self, error: Exception) -> None:
        self._asked = None
        self.failed.emit(error)

    def _on_finished(self) -> None:
        if self._asked is not None:
            self.find(self._asked)


def _superpixels(asked: SuperpixelAt) -> Generator[_Found, None, None]:
    from napari_csunet.inference.superpixels import superpixels

    yield _Found(asked, superpixels(asked.pixels, asked.size))
