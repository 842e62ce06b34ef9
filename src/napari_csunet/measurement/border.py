"""Objects that the border cuts: which they are, and how much more the whole ones must count for them.

A large object is cut more often than a small one; leaving cut objects out makes the rest look too small unless each
whole object gets a weight. Sources: Miles, in Stochastic Geometry (1974) 228; Lantuéjoul's correction in Serra, Image
Analysis and Mathematical Morphology (1982); on counting frames: Gundersen, J. Microscopy 111 (1977) 219.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_csunet.measurement.field import Bools

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]


class Border(StrEnum):
    """What to do with objects that touch the border of the field."""

    MILES_LANTUEJOUL = "miles-lantuejoul"
    GUARD_FRAME = "guard-frame"
    KEEP = "keep"


@dataclass(frozen=True)
class Frame:
    """Rectangle of valid pixels: the first row and column, and the rows and columns it has."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, valid: Bools) -> Frame:
        """Smallest rectangle around the valid pixels (h, w), for example the picture without its databar."""
        found = ndimage.find_objects(valid.astype(np.uint8))
        rows, columns = found[0] if found else (slice(0, 0), slice(0, 0))
        return cls(rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)


def touches_border(labels: Ints, valid: Bools, count: int) -> Bools:
    """Which of the objects 1…count in ``labels`` (h, w) lie at the edge of the picture or beside an invalid pixel."""
    inner = ndimage.binary_erosion(valid, np.ones((3, 3)), border_value=0)
    touching = np.zeros(count + 1, bool)
    touching[np.unique(labels[~inner])] = True
    return touching[1:]


def weights(border: Border, frame: Frame, boxes: Ints, centroids: Floats, touching: Bools) -> Floats:
    """Weight of each object (n,), such that the sum of weights / area of the field is the true number per area.

    boxes: (n, 4) first row, first column, end row, end column in pixels. centroids: (n, 2) in pixels.
    """
    if border is Border.KEEP:
        return np.ones(len(boxes))
    if border is Border.GUARD_FRAME:
        return _guard_frame(frame, boxes, centroids, touching)
    # places where an object of this size lies whole, one pixel away from the edge, among all its places
    size = boxes[:, 2:] - boxes[:, :2]
    places = np.maximum([frame.height - 1, frame.width - 1] - size, 1).prod(axis=1)
    whole: Floats = np.where(touching, 0.0, frame.height * frame.width / places)
    return whole


def _guard_frame(frame: Frame, boxes: Ints, centroids: Floats, touching: Bools) -> Floats:
    """Objects with their centroid in an inner frame; the guard around it is half as wide as the largest object.

    None count if that leaves no inner frame, as beside a matrix that spans the field.
    """
    guard = (boxes[:, 2:] - boxes[:, :2]).max(axis=0, initial=0) / 2 + 1
    inner = np.array([frame.height, frame.width]) - 2 * guard
    if inner.min() <= 0:
        return np.zeros(len(boxes))
    low = np.array([frame.top, frame.left]) + guard
    within = (centroids + 0.5 >= low) & (centroids + 0.5 < low + inner)
    counted: Floats = np.where(within.all(axis=1) & ~touching, frame.height * frame.width / inner.prod(), 0.0)
    return counted


def neighbour_weights(frame: Frame, centroids: Floats, distances: Floats, scale: tuple[float, float]) -> Floats:
    """Weights of nearest-neighbour distances (n,): 0 where a nearer one may lie outside the field.

    The others count as much as frames shrunk by their distance are smaller (Hanisch, Math. Operationsforsch. Stat.
    Ser. Stat. 15 (1984) 409), which makes their distribution unbiased.
    """
    size = np.array([frame.height, frame.width]) * scale
    from_edge = (centroids + 0.5 - [frame.top, frame.left]) * scale
    to_edge = np.minimum(from_edge, size - from_edge).min(axis=1)
    shrunk = np.prod(size - 2 * np.nan_to_num(distances)[:, None], axis=1)
    certain = np.isfinite(distances) & (distances <= to_edge)
    weight: Floats = np.where(certain, size.prod() / np.where(certain, np.maximum(shrunk, 1e-12), 1), 0.0)
    return weight
