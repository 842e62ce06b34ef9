"""A scale bar of a round length, drawn into a picture so that it is legible on anything and is no databar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

_ROUND = (5, 2, 1)
_LARGEST_SHARE = 0.28
"""Of the width of the picture."""
_UNITS = ((1e6, "mm"), (1e3, "µm"), (1, "nm"), (1e-3, "pm"))
_TEXT_SHARE = 1 / 22
_SMALLEST_TEXT = 9
_INK, _PAPER = (255, 255, 255), (0, 0, 0, 150)


@dataclass(frozen=True)
class ScaleBar:
    """Length in nanometres and in pixels."""

    length_nm: float
    pixels: float

    @classmethod
    def fitting(cls, width: int, pixel_nm: float) -> ScaleBar:
        """The longest of 1, 2 or 5 times a power of ten that takes at most about a quarter of the width."""
        limit = _LARGEST_SHARE * width * pixel_nm
        power = 10.0 ** math.floor(math.log10(limit))
        length = next(step * power for step in _ROUND if step * power <= limit)
        return cls(length, length / pixel_nm)

    @property
    def text(self) -> str:
        """Such as "500 nm" or "2 µm"."""
        factor, unit = next((pair for pair in _UNITS if self.length_nm >= pair[0] * (1 - 1e-9)), _UNITS[-1])
        return f"{self.length_nm / factor:g} {unit}"


def with_scale_bar(
    picture: npt.NDArray[np.uint8], pixel_nm: float, specimen: slice = slice(None)
) -> npt.NDArray[np.uint8]:
    """A copy of a picture (h, w, 3) with a bar in the lower right corner of the rows that show the specimen.

    A picture in which no legible bar has room comes back as it is.
    """
    top, bottom, _ = specimen.indices(picture.shape[0])
    width, bar = picture.shape[1], ScaleBar.fitting(picture.shape[1], pixel_nm)
    font = _font(max(_SMALLEST_TEXT, round(min(bottom - top, width) * _TEXT_SHARE)))
    left, upper, right, lower = font.getbbox(bar.text)
    gap, thickness = max(2, round(font.size / 2.4)), max(2, round(font.size / 4))
    box = (max(bar.pixels, right - left) + 2 * gap, lower - upper + thickness + 3 * gap)
    if box[0] > 0.7 * width or box[1] > 0.5 * (bottom - top):
        return picture.copy()
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image, "RGBA")
    x, y = width - gap - box[0], bottom - gap - box[1]
    pen.rectangle((x, y, x + box[0], y + box[1]), fill=_PAPER)
    middle = x + box[0] / 2
    pen.text((middle - (right - left) / 2 - left, y + gap - upper), bar.text, fill=_INK, font=font)
    start, line = round(middle - bar.pixels / 2), round(y + box[1] - gap - thickness)
    pen.rectangle((start, line, start + round(bar.pixels) - 1, line + thickness - 1), fill=_INK)
    return np.asarray(image)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    from matplotlib.font_manager import findfont

    return ImageFont.truetype(findfont("DejaVu Sans"), size)
