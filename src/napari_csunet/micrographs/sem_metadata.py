"""From all that a file and its microscope state to one pixel size, the acquisition, and what is worth a notice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.sem_header import Header, StatedSize

_SMALLEST_NM, _LARGEST_NM = 1e-3, 1e8
"""A pixel is not smaller than a picometre nor larger than a decimetre."""
_TOLERANCE = 0.05
"""Sizes of the same picture differ by this share: JEOL measures the scale bar in whole pixels."""
_LARGEST_DATABAR = 0.5
"""As a share of the picture's height."""


def pixel_size_from(sizes: Sequence[StatedSize]) -> tuple[PixelSize | None, tuple[str, ...]]:
    """The first size that can be, and one notice for each that cannot and for those that contradict it."""
    possible = [size for size in sizes if _is_possible(size)]
    notices = [
        f"{_capital(size.source)} states pixels of {size.x_nm:g} × {size.y_nm:g} nm, which cannot be; it is ignored."
        for size in sizes
        if size not in possible
    ]
    if not possible:
        return None, tuple(notices)
    first, *others = possible
    notices += [
        f"{_capital(first.source)} states {_size(first)}, {other.source} {_size(other)}; the first is used. "
        "Compare with the scale bar."
        for other in others
        if _contradict(first, other)
    ]
    return _size(first), tuple(notices)


def acquisition_from(
    name: str, header: Header | None, size: tuple[int, int], notices: Sequence[str] = ()
) -> Acquisition | None:
    """What the header says about a picture of ``size`` (h, w), and the notices, which get its name; None if neither."""
    if header is not None:
        notices = (*notices, *_size_notices(header, size))
    if header is None and not notices:
        return None
    acquisition = replace(header.acquisition, databar_height=_databar_height(header, size)) if header else Acquisition()
    return replace(acquisition, notices=tuple(f"{name}: {notice}" for notice in notices))


def _is_possible(size: StatedSize) -> bool:
    return all(_SMALLEST_NM <= length <= _LARGEST_NM for length in (size.y_nm, size.x_nm))


def _contradict(first: StatedSize, other: StatedSize) -> bool:
    ratios = (other.y_nm / first.y_nm, other.x_nm / first.x_nm)
    return any(not 1 - _TOLERANCE < ratio < 1 + _TOLERANCE for ratio in ratios)


def _size(stated: StatedSize) -> PixelSize:
    return PixelSize(stated.y_nm, stated.x_nm)


def _capital(source: str) -> str:
    return source[:1].upper() + source[1:]


def _size_notices(header: Header, size: tuple[int, int]) -> Iterator[str]:
    if header.scan_size and header.pixel_size and header.scan_size[1] != size[1]:
        yield (
            f"The {header.maker} header is about a picture {header.scan_size[1]} pixels wide, this one is {size[1]} "
            "wide. If it was scaled rather than cropped, set the pixel size."
        )


def _databar_height(header: Header, size: tuple[int, int]) -> int | None:
    """Rows below the scan; where the picture has the scan's own height, a databar may have been drawn into it."""
    stated, scan, (height, width) = header.acquisition.databar_height, header.scan_size, size
    if scan is not None and scan[1] != width:
        return None
    added = height - scan[0] if scan is not None else 0
    rows = added or (stated if scan is None or stated == 0 else None)
    return rows if rows is not None and 0 <= rows < height * _LARGEST_DATABAR else None
