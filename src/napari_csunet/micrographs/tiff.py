"""TIFF files of any kind to pictures: which axes are slices and colours, what is read now and what later."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.picture import Picture
from napari_csunet.micrographs.sem_tiff_headers import tiff_header
from napari_csunet.micrographs.tiff_pixel_size import stated_sizes

LAZY_BYTES = 256 * 2**20
"""Files with more pixel data than this are read piece by piece, when the pieces are needed."""

_CHUNK = "16MiB"
_SLICE_AXES = "ZTIQ"
_READABLE_PHOTOMETRICS = {
    tifffile.PHOTOMETRIC.MINISWHITE,
    tifffile.PHOTOMETRIC.MINISBLACK,
    tifffile.PHOTOMETRIC.RGB,
    tifffile.PHOTOMETRIC.PALETTE,
    tifffile.PHOTOMETRIC.MASK,
    tifffile.PHOTOMETRIC.YCBCR,
}


def read_tiff(path: Path) -> Picture:
    """First series of a TIFF file; raises MicrographError if the axes or colours are not those of a micrograph.

    What the decoder raises is passed on.
    """
    with _tifffile_complaints() as complaints, tifffile.TiffFile(path) as tiff:
        series = tiff.series[0]
        _check_is_complete(path, tiff, series, complaints)
        colour_axis = _check_axes(path, series)
        picture = _interpret(tiff, _pixels(path, series), colour_axis)
        return replace(picture, header=tiff_header(tiff), sizes=tuple(stated_sizes(tiff)))


@contextmanager
def _tifffile_complaints() -> Iterator[list[str]]:
    """What tifffile logs in this thread, instead of showing it."""
    logger, thread, complaints = logging.getLogger("tifffile"), threading.get_ident(), list[str]()

    def catch(record: logging.LogRecord) -> bool:
        is_ours = record.thread == thread
        if is_ours:
            complaints.append(record.getMessage())
        return not is_ours

    logger.addFilter(catch)
    try:
        yield complaints
    finally:
        logger.removeFilter(catch)


def _check_is_complete(path: Path, tiff: Any, series: Any, complaints: list[str]) -> None:
    """Tifffile leaves out pages, and replaces pixels by zeros, that lie past the end of a file."""
    is_cut = any("invalid page offset" in message or "failed to reshape" in message for message in complaints)
    if is_cut or _missing_pages(tiff, series) or _end_of_data(series) > path.stat().st_size:
        raise MicrographError(f"{path} is cut off: some of its pixels are missing. Copy or export it again.")


def _missing_pages(tiff: Any, series: Any) -> bool:
    described = (tiff.imagej_metadata or {}).get("images", 1)
    planes = series.size // max(1, series.keyframe.size)
    return any(page is None for page in series.pages) or planes < described


def _end_of_data(series: Any) -> int:
    if series.dataoffset is not None:
        return int(series.dataoffset + series.nbytes)
    return max(
        (
            offset + count
            for page in series.pages
            for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        ),
        default=0,
    )


def _check_axes(path: Path, series: Any) -> int | None:
    """Position of the axis of colour samples, if there is one."""
    axes, page = series.axes, series.keyframe
    others = axes.replace("S", "").replace("Y", "").replace("X", "")
    is_readable = "Y" in axes and "X" in axes and (others == "" or (len(others) == 1 and others in _SLICE_AXES))
    if not is_readable:
        named = " × ".join(f"{letter} {length}" for letter, length in zip(axes, series.shape, strict=True))
        raise MicrographError(
            f"{path} has the axes {named}. A micrograph has one channel and at most one axis of slices: "
            "save the channel or time point to use as a file of its own."
        )
    if page.photometric not in _READABLE_PHOTOMETRICS or (page.samplesperpixel > 4):
        name = getattr(page.photometric, "name", page.photometric)
        raise MicrographError(f"{path} holds {page.samplesperpixel} {name} samples per pixel. Save it as grey or RGB.")
    return axes.index("S") if "S" in axes else None


def _pixels(path: Path, series: Any) -> Any:
    if series.nbytes <= LAZY_BYTES:
        return series.asarray()
    if series.dataoffset is not None:
        return tifffile.memmap(path, series=0, mode="r")
    return _lazy_pixels(path)


def _lazy_pixels(path: Path) -> Any:
    import dask
    import dask.array as da
    import zarr

    store = tifffile.imread(path, aszarr=True, series=0, level=0)
    stored = zarr.open_array(store, mode="r")
    weakref.finalize(stored, store.close)  # the file stays open as long as a dask graph refers to it
    with dask.config.set({"array.chunk-size": _CHUNK}):
        return da.from_array(stored, chunks="auto", name=False)  # type: ignore[no-untyped-call]


def _interpret(tiff: Any, pixels: Any, colour_axis: int | None) -> Picture:
    page = tiff.series[0].keyframe
    if colour_axis is not None:
        samples = (
            np.moveaxis(pixels, colour_axis, -1) if isinstance(pixels, np.ndarray) else _to_last(pixels, colour_axis)
        )
        if samples.shape[-1] == 2:  # grey and transparency
            return Picture(samples[..., 0])
        return Picture(samples, is_colour=True)
    is_palette = page.photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None
    if is_palette and not tiff.is_imagej:  # ImageJ stores intensities, and a palette only to show them
        colours = (page.colormap.T >> 8).astype(np.uint8)  # (entries, 3)
        return Picture(colours[np.asarray(pixels)], is_colour=True, indices=pixels)
    return Picture(pixels, white_is_zero=page.photometric == tifffile.PHOTOMETRIC.MINISWHITE)


def _to_last(pixels: Any, axis: int) -> Any:
    import dask.array as da

    return da.moveaxis(pixels, axis, -1)
