"""Headers that JEOL, Hitachi and TESCAN microscopes put into a text file beside the picture."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.sem_header import (
    Header,
    StatedSize,
    kilovolts,
    magnification,
    millimetres,
    nanometres,
    picture_size,
    quantity,
    stated_size,
    whole_number,
    words,
)
from napari_csunet.micrographs.sem_tiff_headers import tescan_header

_LONGEST_BYTES = 256 * 1024
_HITACHI_STARTS = ("[SemImageFile]", "[TemImageFile]")
_HITACHI_PHOTO_WIDTH_NM = 127e6
"""Width of the photo, 5 inches, that Hitachi's magnification refers to."""


def text_header(path: Path) -> Header | None:
    """Header from the text file that belongs to the picture ``path``, or None if there is none that can be read."""
    for candidate in _candidates(path):
        with suppress(OSError, ArithmeticError, ValueError):
            if candidate.is_file():
                header = _parsed(_decoded(candidate))
                if header is not None:
                    return header
    return None


def _candidates(path: Path) -> Iterator[Path]:
    for suffix in (".txt", ".TXT", ".Txt"):
        yield path.with_suffix(suffix)
    yield path.with_name(f"{path.stem}-{path.suffix[1:]}.hdr")  # TESCAN
    yield path.with_suffix(".hdr")


def _decoded(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_LONGEST_BYTES)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:2]:
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _parsed(text: str) -> Header | None:
    if any(start in text for start in _HITACHI_STARTS):
        return _hitachi(dict(_pairs(text, "=")))
    keys = {key.lstrip("$"): value for key, value in _pairs(text, None) if key.startswith("$")}
    if any(key.startswith(("CM_", "SM_")) for key in keys):
        return _jeol(keys)
    return tescan_header(text)


def _pairs(text: str, separator: str | None) -> Iterator[tuple[str, str]]:
    """Keys and values; None stands for white space."""
    for line in text.splitlines():
        key, *value = line.strip().split(separator, 1)
        if value:
            yield key.strip(), value[0].strip()


def _jeol(found: Mapping[str, str]) -> Header:
    """Lengths carry their unit, but for the working distance in millimetres; voltages in kilovolts."""
    return Header(
        "JEOL",
        _jeol_pixel_size(found),
        picture_size(found.get("CM_FULL_SIZE", found.get("CM_IMAGE_SIZE"))),
        Acquisition(
            magnification(found.get("CM_MAG")),
            kilovolts(found.get("CM_ACCEL_VOLT"), "kV"),
            words(found.get("FE_DETECTOR_NAME") or found.get("CM_SIGNAL")),
            millimetres(found.get("SM_WD"), "mm"),
            words(found.get("CM_INSTRUMENT")),
            whole_number(found.get("SM_PNU_HEIGHT")),
        ),
    )


def _jeol_pixel_size(found: Mapping[str, str]) -> StatedSize | None:
    """Stated by new microscopes; else the length of the scale bar over its pixels."""
    source = "the JEOL text file"
    stated = stated_size(source, None, found.get("CM_PIXEL_SIZE"), "")
    length = nanometres(found.get("SM_MICRON_MARKER"), "")
    pixels, _ = quantity(found.get("SM_MICRON_BAR")) or (0.0, "")
    if stated is not None or length is None or not pixels:
        return stated
    return StatedSize(source, length / pixels, length / pixels)


def _hitachi(found: Mapping[str, str]) -> Header:
    """Pixel size in nanometres, working distance in micrometres, voltages in volts."""
    scan = picture_size(found.get("DataSize"))
    return Header(
        "Hitachi",
        _hitachi_pixel_size(found, scan),
        scan,
        Acquisition(
            magnification(found.get("Magnification")),
            kilovolts(found.get("AcceleratingVoltage"), "V"),
            words(found.get("SignalName")),
            millimetres(found.get("WorkingDistance"), "um"),
            words(found.get("InstructName")),
        ),
    )


def _hitachi_pixel_size(found: Mapping[str, str], scan: tuple[int, int] | None) -> StatedSize | None:
    """Old microscopes state only a magnification."""
    source = "the Hitachi text file"
    stated = stated_size(source, None, found.get("PixelSize"), "nm")
    times = magnification(found.get("Magnification"))
    if stated is not None or times is None or scan is None or not scan[1]:
        return stated
    size = _HITACHI_PHOTO_WIDTH_NM / times / scan[1]
    return StatedSize(source, size, size)
