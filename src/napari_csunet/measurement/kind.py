"""What a class is measured as: particles, a layer, grains, the boundaries of grains, or the matrix around them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """MATRIX: its area, intercepts and interface are measured, and no objects. GRAINS: by the intercepts of E112."""

    PARTICLES = "particles"
    LAYER = "layer"
    GRAINS = "grains"
    BOUNDARIES = "grain boundaries"
    MATRIX = "matrix"


Kinds = Mapping[int, Kind]
"""By class value."""

MATRIX_NAMES = ("matrix", "background")


def is_called_matrix(name: str) -> bool:
    return name.strip().casefold() in MATRIX_NAMES
