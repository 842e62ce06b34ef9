"""The size of a pixel as people type it."""

from __future__ import annotations

import re

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import PixelSize

_TWO_SIDES = re.compile(r"\s*([\d.e+-]+)\s*([a-zµμå]*)\s*[x×*]\s*([\d.e+-]+)\s*([a-zµμå]+)\s*", re.IGNORECASE)
_ZERO = re.compile(r"[0.]+(e[+-]?\d+)?\D*", re.IGNORECASE)


def parse_pixel_size(text: str) -> PixelSize:
    """Square pixels as "12.5nm"; height and width, in this order, as "12.5x25nm". Raises MicrographError."""
    match = _TWO_SIDES.fullmatch(text)
    if match is None:
        size = _side(text, text, "the size")
        return PixelSize(size, size)
    height, unit_of_height, width, unit = match.groups()
    sides = (f"{height}{unit_of_height or unit}", "the height"), (f"{width}{unit}", "the width")
    return PixelSize(*(_side(side, text, what) for side, what in sides))


def _side(side: str, text: str, what: str) -> float:
    """One length in nm."""
    try:
        return PixelSize.parse(side).x_nm
    except MicrographError as error:
        if side == text and not _ZERO.fullmatch(side.strip()):
            raise
        wrong = f"{what} is 0" if _ZERO.fullmatch(side.strip()) else f"{what}, {side}, is no length"
        raise MicrographError(
            f"{text!r} is not a pixel size: {wrong}. Write a length above 0, as 12.5nm, or height x width, as 12x25nm."
        ) from error
