"""The scale at which a network sees a micrograph: that of its training, however large the micrograph's pixels are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from napari_csunet.checkpoint import Provenance
from napari_csunet.inference.blending import Band, Probability
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.reduction import reduced
from napari_csunet.micrographs.resampling import Sampling, resampled

FARTHEST = 8.0
"""Pixel sizes that differ more than this many times are taken for a mistake."""

MOST_VALUES = 100 * 10**6
"""Of the probability of one slice, which is in memory as a whole where the network sees another scale: up to 3.4 GB."""

Size = tuple[int, int]


SMALLER = "Cut it into parts, or bring it to that pixel size first."


@dataclass(frozen=True)
class SeenScale:
    """How many pixels of a micrograph, down and across, the network sees as one, and what the user is told of it."""

    shrink: tuple[float, float]
    notice: str = ""


def seen_scale(micrograph: Micrograph, provenance: Provenance, *, match: bool) -> SeenScale:
    """As in training; without ``match``, or where a pixel size is unknown, by the working scale alone."""
    reduction, own = float(provenance.reduction), micrograph.pixel_size
    unmatched = SeenScale((reduction, reduction))
    if not match or own is None or provenance.pixel_size_nm is None:
        return unmatched
    trained = PixelSize(*provenance.pixel_size_nm)
    ratios = (trained.y_nm / own.y_nm, trained.x_nm / own.x_nm)
    if own.is_like(trained):
        return unmatched
    told = f"{micrograph.name} has {own}, the model was trained at {trained}"
    if own.ratio_to(trained) > FARTHEST:
        return SeenScale(unmatched.shrink, f"{told}: too far apart, so it is used as it is. Check the pixel sizes.")
    shrink = (reduction * ratios[0], reduction * ratios[1])
    classes = len(provenance.classes)
    if classes * _held(micrograph, shrink) > max(MOST_VALUES, classes * _held(micrograph, unmatched.shrink)):
        return SeenScale(unmatched.shrink, f"{told}: too large to resample, so it is used as it is. {SMALLER}")
    return SeenScale(shrink, f"{told}: the network sees it resampled to that; the mask has its own size.")


def _held(micrograph: Micrograph, shrink: tuple[float, float]) -> float:
    """Pixels of a slice whose probability must be there before any of it is brought to the micrograph's own size."""
    if np.allclose(shrink, 1, rtol=1e-3):
        return 0
    height, width = (side / max(1, by) for side, by in zip(micrograph.size, shrink, strict=True))
    return height * width


def as_seen(micrograph: Micrograph, shrink: tuple[float, float]) -> tuple[Micrograph, tuple[float, float]]:
    """The micrograph as the network sees it, and how many pixels (down, across) of the original that covers."""
    factor = min(round(shrink[0]), *micrograph.size)
    if np.allclose(shrink, max(1, round(shrink[0])), rtol=1e-3):
        picture = reduced(micrograph, factor)
        return picture, (picture.size[0] * factor, picture.size[1] * factor)
    size = (max(1, round(micrograph.size[0] / shrink[0])), max(1, round(micrograph.size[1] / shrink[1])))
    return resampled(micrograph, size), micrograph.size


def averaged(events: Iterator[Band | str], size: Size, smaller: Size) -> Iterator[Band | str]:
    """Bands of a slice of ``size`` as one of a ``smaller`` size, by means; messages pass through."""
    whole: Probability | None = None
    for event in events:
        if isinstance(event, str):
            whole = None
            yield event
            continue
        count, rows = event.probability.shape[:2]
        whole = np.zeros((count, *smaller), np.float32) if whole is None else whole
        if rows:
            _add(whole, event, size)
        yield Band(0, np.zeros((count, 0, smaller[1]), np.float32), event.finished_pixels)
    if whole is not None:
        yield Band(0, whole, 0)


def _add(whole: Probability, band: Band, size: Size) -> None:
    """Adds what the rows of a band contribute to the means."""
    height, width = whole.shape[1:]
    narrow = Sampling.of(np.arange(width), width, size[1]).apply(band.probability, 2)
    down, rows = Sampling.of(np.arange(height), height, size[0]), slice(band.start, band.start + narrow.shape[1])
    weights = down.weights[:, rows]
    touched = np.flatnonzero(np.diff(weights.indptr))
    first, last = touched[0], touched[-1] + 1
    whole[:, first:last] += Sampling(rows, weights[first:last]).apply(narrow, 1)


def counted(events: Iterator[Band | str], seen: int, total: int) -> Iterator[Band | str]:
    """Bands whose finished pixels, ``seen`` in all, are told as shares of ``total``."""
    done = 0
    for event in events:
        if isinstance(event, str):
            done = 0
            yield event
            continue
        before, done = done, done + event.finished_pixels
        yield Band(event.start, event.probability, done * total // seen - before * total // seen)
