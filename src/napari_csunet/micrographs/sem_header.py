"""What a microscope wrote about one picture, and how its numbers and units are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.micrograph import PixelSize

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
_SIZE = re.compile(r"\s*(\d+)\s*(?:[*x×,]|\s)\s*(\d+)\s*")
_KILOVOLTS = {"kv": 1.0, "v": 1e-3, "volt": 1e-3, "volts": 1e-3}


@dataclass(frozen=True)
class StatedSize:
    """Height and width of a pixel in nanometres as ``source`` states them; they may make no sense."""

    source: str
    y_nm: float
    x_nm: float


@dataclass(frozen=True)
class Header:
    """One microscope header.

    scan_size: height and width in pixels of what was scanned, without a databar that was added below.
    """

    maker: str
    pixel_size: StatedSize | None = None
    scan_size: tuple[int, int] | None = None
    acquisition: Acquisition = field(default_factory=Acquisition)


def stated_size(source: str, y: Any, x: Any, unit: str) -> StatedSize | None:
    """``y`` and ``x`` are numbers or text with a unit of their own; either may be missing, then pixels are square."""
    y_nm, x_nm = nanometres(y, unit), nanometres(x, unit)
    y_nm, x_nm = x_nm if y_nm is None else y_nm, y_nm if x_nm is None else x_nm
    return None if y_nm is None or x_nm is None else StatedSize(source, y_nm, x_nm)


def quantity(value: Any, unit: str = "") -> tuple[float, str] | None:
    """Number and unit of 12.5, "12.5 nm" or "12,5nm"; ``unit`` if there is none."""
    text = str(value)
    match = _NUMBER.fullmatch(text if "." in text else text.replace(",", "."))
    return None if match is None else (float(match[1]), match[2] or unit)


def nanometres(value: Any, unit: str) -> float | None:
    """A length, of any sign, in the unit that follows the number, else in ``unit``."""
    found = quantity(value, unit)
    try:
        return None if found is None else found[0] * PixelSize.of(1, 1, found[1]).x_nm
    except MicrographError:  # not a unit of length
        return None


def millimetres(value: Any, unit: str) -> float | None:
    length = nanometres(value, unit)
    return length / 1e6 if length is not None and length > 0 else None


def kilovolts(value: Any, unit: str) -> float | None:
    volts, found = quantity(value, unit) or (0.0, "")
    return volts * _KILOVOLTS[found.lower()] if volts > 0 and found.lower() in _KILOVOLTS else None


def magnification(value: Any) -> float | None:
    """From 5000, "500 X" or "10.00 K X"."""
    number, unit = quantity(value) or (0.0, "")
    return number * (1000 if unit.upper().startswith("K") else 1) if number > 0 else None


def words(*values: Any) -> str | None:
    """All that is not empty, with spaces between."""
    return " ".join(str(value).strip() for value in values if value is not None).strip() or None


def whole_number(value: Any) -> int | None:
    number, _ = quantity(value) or (None, "")
    return None if number is None else int(number)


def picture_size(value: Any) -> tuple[int, int] | None:
    """Height and width from "1024 * 768", "1280x960" or "1280 960", which name the width first."""
    match = _SIZE.fullmatch(str(value))
    return None if match is None else (int(match[2]), int(match[1]))
