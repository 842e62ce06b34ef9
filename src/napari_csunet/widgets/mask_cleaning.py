"""What a clean-up does to a mask layer, and did: kept in the layer, so that it can be undone and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from napari.layers import Layer

from napari_csunet.widgets.layers import KEY

CLEANING = "cleaning"
"""Key under which a mask layer carries what its clean-up did, see ``remember_cleaning``."""


@dataclass(frozen=True)
class CleanUp:
    """What is done to one class; the fields are those of ``measurement.cleaning.Cleaning``, which loads slowly."""

    smooth: float = 0
    holes: float = 0
    smallest: float = 0
    largest_only: bool = False
    split: float = 0
    unit: str = "px"

    @property
    def changes_mask(self) -> bool:
        return bool(self.smooth or self.holes or self.smallest or self.largest_only)


CleanUps = Mapping[int, CleanUp]


@dataclass(frozen=True, eq=False)
class DoneCleaning:
    """What a clean-up did to a mask: settings by class, and the changed pixels with their values before and after."""

    settings: CleanUps
    places: tuple[Any, ...]
    before: Any
    after: Any

    @property
    def changed_pixels(self) -> int:
        return len(self.before)

    def in_slice(self, index: int) -> DoneCleaning:
        """Of one slice of a stack."""
        here = self.places[0] == index
        return DoneCleaning(self.settings, tuple(p[here] for p in self.places[1:]), self.before[here], self.after[here])

    def undone(self, values: Any) -> Any:
        """A copy of the mask as it was; what somebody painted since stays."""
        return _exchanged(values, self.places, self.after, self.before)

    def applied(self, values: Any) -> Any:
        """A copy of the mask, cleaned; what somebody painted since stays."""
        return _exchanged(values, self.places, self.before, self.after)


def cleaning_of(layer: Layer) -> DoneCleaning | None:
    kept = layer.metadata.get(KEY, {})
    return cast("DoneCleaning | None", kept.get(CLEANING)) if isinstance(kept, dict) else None


def remember_cleaning(layer: Layer, done: DoneCleaning | None) -> None:
    """None: there is none any more."""
    kept = {key: value for key, value in layer.metadata.get(KEY, {}).items() if key != CLEANING}
    layer.metadata = {**layer.metadata, KEY: kept | ({CLEANING: done} if done else {})}


def _exchanged(values: Any, places: tuple[Any, ...], old: Any, new: Any) -> Any:
    changed = np.array(values)
    now = changed[places]
    changed[places] = np.where(now == old, new, now)
    return changed
