"""The pixel size that a TIFF file states: ImageJ and OME metadata, else the resolution tags."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import PixelSize

_RESOLUTION_UNITS = {2: ("cm", 2.54), 3: ("cm", 1.0)}
_PRINT_RESOLUTIONS = (1 / 2.54, 1200 / 2.54)
"""Pixels per centimetre that say how to print or show the picture, not how large its pixels are."""


def pixel_size_of(tiff: Any) -> PixelSize | None:
    """Pixel size of the first picture, or None if the file states none that makes sense."""
    for source in (_from_ome, _from_imagej, _from_resolution):
        try:
            size: PixelSize | None = source(tiff)
        except (MicrographError, LookupError, TypeError, ValueError, ArithmeticError, ElementTree.ParseError):
            continue
        if size is not None:
            return size
    return None


def _from_ome(tiff: Any) -> PixelSize | None:
    if not tiff.ome_metadata:
        return None
    found = next((e for e in ElementTree.fromstring(tiff.ome_metadata).iter() if e.tag.endswith("}Pixels")), None)
    if found is None or "PhysicalSizeX" not in found.attrib:
        return None
    x, unit = float(found.attrib["PhysicalSizeX"]), found.get("PhysicalSizeXUnit", "µm")
    x_nm = PixelSize.of(x, x, unit).x_nm
    y, unit = float(found.get("PhysicalSizeY", x)), found.get("PhysicalSizeYUnit", unit)
    return PixelSize(PixelSize.of(y, y, unit).y_nm, x_nm)


def _from_imagej(tiff: Any) -> PixelSize | None:
    unit = str((tiff.imagej_metadata or {}).get("unit", "")).replace("\\u00B5", "µ")
    x, y = _resolution(tiff)
    return PixelSize.of(1 / y, 1 / x, unit)


def _from_resolution(tiff: Any) -> PixelSize | None:
    unit, factor = _RESOLUTION_UNITS[int(tiff.pages[0].tags["ResolutionUnit"].value)]
    x, y = (value / factor for value in _resolution(tiff))
    lowest, highest = _PRINT_RESOLUTIONS
    if lowest * 0.999 <= x <= highest * 1.001:
        return None
    return PixelSize.of(1 / y, 1 / x, unit)


def _resolution(tiff: Any) -> tuple[float, float]:
    """Pixels per unit along x and y; raises KeyError if not stated."""
    tags = tiff.pages[0].tags
    x = math.prod(tags["XResolution"].value[:1]) / tags["XResolution"].value[1]
    y = tags["YResolution"].value[0] / tags["YResolution"].value[1] if "YResolution" in tags else x
    return x, y
