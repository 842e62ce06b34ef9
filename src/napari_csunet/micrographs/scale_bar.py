"""Pixel size from a line along a scale bar, for micrographs whose header does not state it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import PixelSize

UNITS = ("nm", "µm", "mm")
SHORTEST_PX = 2.0
"""A line shorter than this says nothing about the size of a pixel."""

Line = npt.NDArray[np.float64]
"""Both ends (2, 2) in pixels, rows first."""


def line_length(line: Line) -> float:
    """In pixels."""
    return float(np.hypot(*(line[1] - line[0])))


def size_along(line: Line, length: str, unit: str, height_to_width: float = 1.0) -> PixelSize:
    """Size of a pixel, ``height_to_width`` times as high as wide, of which the line covers a ``length`` such as "0,5".

    Raises MicrographError for a line that is too short, and for a length that is no positive number.
    """
    number = _number(length)
    if line_length(line) < SHORTEST_PX:
        raise MicrographError(
            f"The line is {line_length(line):.1f} px long. Drag it from one end of the scale bar to the other."
        )
    rows, columns = line[1] - line[0]
    widths = float(np.hypot(rows * height_to_width, columns))
    return PixelSize.of(number / widths * height_to_width, number / widths, unit)


def _number(text: str) -> float:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not (number > 0 and math.isfinite(number)):
        said = f"{text.strip()!r} is no length." if text.strip() else "No length is given."
        raise MicrographError(f"{said} Type the number that stands at the scale bar, such as 500 or 0.5.")
    return number
