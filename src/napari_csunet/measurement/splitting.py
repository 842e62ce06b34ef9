"""Telling touching objects apart where they are narrow, by a watershed of the distance transform."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.measure import label
from skimage.morphology import local_maxima
from skimage.segmentation import relabel_sequential, watershed

from napari_csunet.errors import LabelError
from napari_csunet.measurement.field import Bools
from napari_csunet.measurement.particles import Labels, connected_objects
from napari_csunet.measurement.scale import Scale

Floats = npt.NDArray[np.float64]
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


def split_objects(inside: Bools, amount: float, scale: Scale, valid: Bools | None = None) -> Labels:
    """Objects of a class (h, w), numbered from 1, cut where they are narrower than ``amount`` of the smaller part.

    0 cuts nothing and is ``connected_objects``; 1 cuts at every neck. The width is the Euclidean distance to what is
    around the object, in the unit of the scale; beyond the border and in pixels that are not valid the object is taken
    to go on. Basins of the watershed (Vincent and Soille, IEEE PAMI 13 (1991) 583) are joined again, from the widest
    neck down, while neck / smaller part ≥ ``amount``. Raises LabelError for amounts outside 0 to 1.
    """
    if not 0 <= amount <= 1:
        raise LabelError(f"Touching objects cannot be split by {amount:g}. Choose a number from 0 to 1.")
    outside = ~inside if valid is None else ~inside & valid
    if not amount or not outside.any():
        return connected_objects(inside)
    width = np.where(inside, ndimage.distance_transform_edt(~outside, sampling=(scale.y, scale.x)), 0)
    tops = label(local_maxima(width) & inside, connectivity=2)  # type: ignore[no-untyped-call]
    basins = watershed(-width, tops, mask=inside, connectivity=2)  # type: ignore[no-untyped-call]
    return _joined(basins, width, amount)


def _joined(basins: Labels, width: Floats, amount: float) -> Labels:
    """Basins with those joined that no neck separates."""
    count = int(basins.max(initial=0))
    peaks: list[float] = list(ndimage.maximum(width, basins, np.arange(count + 1))) if count else [0.0]
    roots = list(range(count + 1))
    for neck, first, second in _necks(basins, width):
        a, b = _root(roots, first), _root(roots, second)
        if a != b and neck >= amount * min(peaks[a], peaks[b]):
            roots[b], peaks[a] = a, max(peaks[a], peaks[b])
    owners = np.array([_root(roots, i) for i in range(count + 1)])
    labels: Labels = relabel_sequential(owners[basins])[0]  # type: ignore[no-untyped-call]
    return labels


def _necks(basins: Labels, width: Floats) -> list[tuple[float, int, int]]:
    """Greatest width on the boundary of each pair of neighbouring basins, from the widest down."""
    pairs, widths = (np.concatenate(parts) for parts in zip(*_contacts(basins, width), strict=True))
    order = np.argsort(-widths, kind="stable")
    keys = pairs[:, 0] * (int(basins.max()) + 1) + pairs[:, 1]
    _, firsts = np.unique(keys[order], return_index=True)  # of each pair the widest comes first
    kept = order[np.sort(firsts)]
    return [(float(w), int(a), int(b)) for w, (a, b) in zip(widths[kept], pairs[kept], strict=True)]


def _contacts(basins: Labels, width: Floats) -> list[tuple[Labels, Floats]]:
    """Numbers (n, 2) and widths (n,) of neighbouring pixels that belong to different basins."""
    found: list[tuple[Labels, Floats]] = []
    for down, right in _NEIGHBOURS:
        here, there = _shifted(basins.shape, down, right)
        a, b = basins[here], basins[there]
        apart = (a != b) & (a > 0) & (b > 0)
        numbers = np.sort(np.stack([a[apart], b[apart]], axis=1).astype(np.int64), axis=1)
        found.append((numbers, np.minimum(width[here], width[there])[apart]))
    return found


def _shifted(shape: tuple[int, ...], down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """All pixels that have a neighbour ``down`` and ``right`` of them, and those neighbours."""
    (h, w), left = shape, max(0, -right)
    here = slice(0, h - down), slice(left, w - max(0, right))
    return here, (slice(down, h), slice(left + right, w - max(0, right) + right))


def _root(roots: list[int], i: int) -> int:
    while roots[i] != i:
        roots[i] = roots[roots[i]]
        i = roots[i]
    return i
