"""How far apart the boundaries of two masks are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_csunet.errors import LabelError
from napari_csunet.measurement.field import Bools
from napari_csunet.measurement.scale import Scale

_HAUSDORFF_SHARE = 95


@dataclass(frozen=True)
class BoundaryDistance:
    """Distances in ``unit``, NaN if the class is missing from a mask or has no boundary there."""

    mean: float
    hausdorff_95: float
    hausdorff: float
    unit: str


def boundary_distance(first: Bools, second: Bools, scale: Scale, valid: Bools | None = None) -> BoundaryDistance:
    """Distances between the boundaries of a class in two masks (h, w) of the same micrograph.

    The boundary is every pixel of the class with a neighbour (at a side) of another; the border of the picture is none.
    mean: over all boundary pixels of both (average symmetric surface distance). hausdorff_95: the larger of the two
    95th percentiles. Source: Taha and Hanbury, BMC Medical Imaging 15 (2015) 29. Raises LabelError for other shapes.
    """
    if first.shape != second.shape:
        raise LabelError(f"The masks have shapes {first.shape} and {second.shape}. Compare masks of one micrograph.")
    known = np.ones(first.shape, bool) if valid is None else valid
    edges = _edges(first, known), _edges(second, known)
    if not (edges[0].any() and edges[1].any()):
        return BoundaryDistance(float("nan"), float("nan"), float("nan"), scale.unit)
    there, back = (_distances(a, b, scale) for a, b in (edges, edges[::-1]))
    both = np.concatenate([there, back])
    percentiles = [float(np.percentile(one, _HAUSDORFF_SHARE)) for one in (there, back)]
    return BoundaryDistance(float(both.mean()), max(percentiles), float(both.max()), scale.unit)


def _edges(inside: Bools, valid: Bools) -> Bools:
    """Pixels of the class beside a valid pixel of another; what is not valid is taken for the class."""
    edges: Bools = inside & valid & ~ndimage.binary_erosion(inside | ~valid, border_value=1)
    return edges


def _distances(from_edge: Bools, to_edge: Bools, scale: Scale) -> npt.NDArray[np.float64]:
    far: npt.NDArray[np.float64] = ndimage.distance_transform_edt(~to_edge, sampling=(scale.y, scale.x))[from_edge]
    return far
