"""What the user chooses about a measurement, beside the masks themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from napari_csunet.measurement.kind import Kind

AS_THEY_LOOK, CLASSES, NUMBERS = "found by the program", "classes", "objects"
"""What the values of a mask without a class table are."""

BORDERS = {
    "corrected (Miles–Lantuéjoul)": "miles-lantuejoul",
    "corrected (guard frame)": "guard-frame",
    "counted like others": "keep",
}
"""What may be done with objects at the border, in words, and its name in ``measurement.border``."""


@dataclass(frozen=True)
class MeasureChoices:
    """What the user chose. zero_is_class: in masks without a class table. split: by class value.

    values: what those of a mask without a class table are. kinds: what classes are measured as, by value.
    """

    split: Mapping[int, float]
    border: str = BORDERS["corrected (Miles–Lantuéjoul)"]
    zero_is_class: bool = True
    keep_databar: bool = False
    values: str = AS_THEY_LOOK
    kinds: Mapping[int, Kind] = field(default_factory=dict)
