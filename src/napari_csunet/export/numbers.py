"""Numbers as a person writes them: no more digits than are known, with interval and unit."""

from __future__ import annotations

import math

from napari_csunet.micrographs.micrograph import PixelSize

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALL, _LARGE = 1e-3, 1e6
_DIGITS = 3


def number_text(value: float, digits: int = _DIGITS) -> str:
    """Such as "0.471", "12.3" or "4.51 × 10⁻⁵"; a dash for what is not a number."""
    if not math.isfinite(value):
        return "–"
    exponent = _exponent(value)
    return _times(_rounded(value / 10.0**exponent, _decimals(value / 10.0**exponent, digits)), exponent)


def interval_text(value: float, low: float, high: float) -> str:
    """Such as "0.471 (0.434–0.510)": two digits of half the interval's width are kept; without interval as above."""
    half = (high - low) / 2
    if not (math.isfinite(value) and math.isfinite(half) and half > 0):
        return number_text(value)
    exponent = _exponent(value)
    factor = 10.0**exponent
    decimals = min(_decimals(half / factor, 2), 9)
    text = [_rounded(x / factor, decimals) for x in (value, low, high)]
    return _times(f"{text[0]} ({text[1]}–{text[2]})", exponent)


def count_text(count: float) -> str:
    """Whole number with thin spaces between thousands."""
    return f"{count:,.0f}".replace(",", "\u202f") if math.isfinite(count) else "–"


def scale_text(size: PixelSize | None) -> str:
    """Such as "24 nm/px", or height and width of pixels that are not square."""
    if size is None:
        return "pixel size unknown"
    y, x = str(PixelSize(size.y_nm, size.y_nm)), str(PixelSize(size.x_nm, size.x_nm))
    return x if x == y else f"{y} high and {x} wide"


def plural(count: int, one: str, many: str = "") -> str:
    """Such as "1 micrograph" or "4 micrographs"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Such as "a", "a and b" or "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _exponent(value: float) -> int:
    """Power of ten to write apart; 0 for ordinary numbers."""
    return 0 if value == 0 or _SMALL <= abs(value) < _LARGE else math.floor(math.log10(abs(value)))


def _decimals(value: float, digits: int) -> int:
    return digits - 1 - math.floor(math.log10(abs(value))) if value else 0


def _rounded(value: float, decimals: int) -> str:
    text = f"{round(value, decimals):.{max(0, decimals)}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def _times(text: str, exponent: int) -> str:
    return f"{text} × 10{str(exponent).translate(_SUPERSCRIPTS)}" if exponent else text
