"""Headers that Zeiss, FEI/Thermo Fisher, TESCAN and Olympus microscopes put into private tags of their TIFF files."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

import tifffile

from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.sem_header import (
    Header,
    StatedSize,
    kilovolts,
    magnification,
    millimetres,
    picture_size,
    quantity,
    stated_size,
    whole_number,
    words,
)

_TESCAN_TAG = 50431
_ZEISS_REFERENCE_WIDTH = 1024
_DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error, tifffile.TiffFileError)
"""What tifffile and the conversions below raise on headers that are cut off or overwritten."""


def tiff_header(tiff: Any) -> Header | None:
    """Header of an open tifffile.TiffFile, or None if it has none that can be read."""
    for read in (_zeiss, _fei, _tescan, _olympus):
        try:
            header = read(tiff)
        except _DAMAGED:
            continue
        if header is not None:
            return header
    return None


def _zeiss(tiff: Any) -> Header | None:
    """Tag 34118, CZ_SEM: name, value and unit by key."""
    entries = tiff.sem_metadata
    if not entries or len(entries) < 2:
        return None
    found = {key: words(*entry[1:]) for key, entry in entries.items() if key}
    return Header(
        "Zeiss",
        _zeiss_pixel_size(found, entries.get("", ()), tiff.pages.first.imagewidth),
        picture_size(found.get("dp_image_store")),
        Acquisition(
            magnification(found.get("ap_mag")),
            kilovolts(found.get("ap_actualkv", found.get("ap_manualkv")), "kV"),
            found.get("dp_detector_channel") or found.get("dp_detector_type"),
            millimetres(found.get("ap_wd"), "mm"),
            found.get("sv_serial_number") or found.get("dp_sem"),
        ),
    )


def _zeiss_pixel_size(found: Mapping[str, Any], unnamed: tuple[Any, ...], width: int) -> StatedSize | None:
    """Old files name no size: their fourth number without a name is that for 1024 columns, in metres (RosettaSciIO)."""
    source = "the Zeiss header"
    named = stated_size(source, None, found.get("ap_image_pixel_size", found.get("ap_pixel_size")), "nm")
    if named is not None or len(unnamed) < 4 or not unnamed[3]:
        return named
    return stated_size(source, None, unnamed[3] * _ZEISS_REFERENCE_WIDTH / width, "m")


def _fei(tiff: Any) -> Header | None:
    """Tags 34680 and 34682, FEI_SFEG and FEI_HELIOS: sections of keys; lengths in metres, voltages in volts."""
    sections = tiff.fei_metadata
    if not sections:
        return None
    y, x = (_fei_value(sections, f"Pixel{side}", "Scan", "EScan", "IScan") for side in ("Height", "Width"))
    scan = (whole_number(_fei_value(sections, f"Resolution{axis}", "Image")) for axis in "YX")
    height, width = scan
    return Header(
        "FEI",
        stated_size("the FEI header", y, x, "m"),
        (height, width) if height and width else None,
        Acquisition(
            _fei_magnification(sections),
            kilovolts(_fei_value(sections, "HV", "Beam", "EBeam") or _fei_value(sections, "HighTension"), "V"),
            words(_fei_value(sections, "Name", "Detectors"), _fei_value(sections, "Mode", "Detectors")),
            millimetres(_fei_value(sections, "WD", "EBeam", "Beam"), "m")
            or millimetres(_fei_value(sections, "FWD"), "mm"),
            words(_fei_value(sections, "SystemType", "System")),
            whole_number(_fei_value(sections, "DatabarHeight", "PrivateFei")),
        ),
    )


def _fei_value(sections: Mapping[str, Any], key: str, *names: str) -> Any:
    """First value of ``key`` that is not empty, in the sections of these names; in all if none is named."""
    found = (sections.get(name, {}).get(key, "") for name in names or sections)
    return next((value for value in found if value != ""), None)


def _fei_magnification(sections: Mapping[str, Any]) -> float | None:
    """Stated by old microscopes; else the width of the canvas that it refers to over that of the field."""
    canvas = quantity(_fei_value(sections, "MagCanvasRealWidth", "Image"))
    field = quantity(_fei_value(sections, "HorFieldsize", "Scan", "EScan", "IScan"))
    if canvas is None or field is None or field[0] <= 0:
        return magnification(_fei_value(sections, "Magnification"))
    return canvas[0] / field[0]


def _tescan(tiff: Any) -> Header | None:
    """Tag 50431: lines of keys, after some bytes of unknown meaning and before a small picture."""
    value = tiff.pages.first.tags.valueof(_TESCAN_TAG)
    text = bytes(value).decode("latin-1") if isinstance(value, bytes | tuple | list) else value
    return None if text is None else tescan_header(str(text))


def tescan_header(text: str) -> Header | None:
    """Header from keys in the form of TESCAN's .hdr files; lengths in metres, voltages in volts."""
    found = {key: value.strip() for key, value in reversed(re.findall(r"([A-Za-z]\w*)=([^\r\n\0]*)", text))}
    if "PixelSizeX" not in found:
        return None
    return Header(
        "TESCAN",
        stated_size("the TESCAN header", found.get("PixelSizeY"), found["PixelSizeX"], "m"),
        acquisition=Acquisition(
            magnification(found.get("Magnification")),
            kilovolts(found.get("HV"), "V"),
            words(found.get("Detector") or found.get("Detector0")),
            millimetres(found.get("WD"), "m"),
            words(found.get("DeviceModel") or found.get("Device")),
            whole_number(found.get("ImageStripSize")),
        ),
    )


def _olympus(tiff: Any) -> Header | None:
    """Tag 33560, OlympusSIS: lengths in metres."""
    found = tiff.sis_metadata
    if not found or "pixelsizex" not in found:
        return None
    return Header(
        "Olympus SIS",
        stated_size("the Olympus SIS header", found.get("pixelsizey"), found["pixelsizex"], "m"),
        acquisition=Acquisition(magnification(found.get("magnification")), detector=words(found.get("cameraname"))),
    )
