"""The pixel sizes that a TIFF file states apart from a microscope header: OME and ImageJ metadata, resolution tags."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.sem_header import StatedSize, stated_size

_RESOLUTION_UNITS = {2: ("cm", 2.54), 3: ("cm", 1.0)}
_PRINT_RESOLUTIONS = (1 / 2.54, 1200 / 2.54)
"""Pixels per centimetre that say how to print or show the picture, not how large its pixels are."""


def stated_sizes(tiff: Any) -> Iterator[StatedSize]:
    """Pixel sizes of the first picture, the most trustworthy first; those of OME and ImageJ may make no sense."""
    for source in (_from_ome, _from_imagej, _from_resolution):
        try:
            size: StatedSize | None = source(tiff)
        except (MicrographError, LookupError, TypeError, ValueError, ArithmeticError, ElementTree.ParseError):
            continue
        if size is not None:
            yield size


def _from_ome(tiff: Any) -> StatedSize | None:
    if not tiff.ome_metadata:
        return None
    found = next((e for e in ElementTree.fromstring(tiff.ome_metadata).iter() if e.tag.endswith("}Pixels")), None)
    if found is None or "PhysicalSizeX" not in found.attrib:
        return None
    unit = found.get("PhysicalSizeXUnit", "µm")
    x = f"{found.attrib['PhysicalSizeX']} {unit}"
    y = f"{found.get('PhysicalSizeY', found.attrib['PhysicalSizeX'])} {found.get('PhysicalSizeYUnit', unit)}"
    return stated_size("the OME metadata", y, x, unit)


def _from_imagej(tiff: Any) -> StatedSize | None:
    unit = str((tiff.imagej_metadata or {}).get("unit", "")).replace("\\u00B5", "µ")
    x, y = _resolution(tiff)
    return stated_size("the ImageJ metadata", 1 / y, 1 / x, unit)


def _from_resolution(tiff: Any) -> StatedSize | None:
    """None for files of ImageJ, which uses the same tags."""
    if "unit" in (tiff.imagej_metadata or {}):
        return None
    unit, factor = _RESOLUTION_UNITS[int(tiff.pages[0].tags["ResolutionUnit"].value)]
    x, y = (value / factor for value in _resolution(tiff))
    lowest, highest = _PRINT_RESOLUTIONS
    if lowest * 0.999 <= x <= highest * 1.001:
        return None
    size = PixelSize.of(1 / y, 1 / x, unit)
    return StatedSize("the TIFF resolution", size.y_nm, size.x_nm)


def _resolution(tiff: Any) -> tuple[float, float]:
    """Pixels per unit along x and y; raises KeyError if not stated."""
    tags = tiff.pages[0].tags
    x = math.prod(tags["XResolution"].value[:1]) / tags["XResolution"].value[1]
    y = tags["YResolution"].value[0] / tags["YResolution"].value[1] if "YResolution" in tags else x
    return x, y
