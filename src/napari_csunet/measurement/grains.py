"""Grain size by the intercept method of ASTM E112, from a label image of grains or from a class of boundaries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from skimage.measure import label
from skimage.segmentation import expand_labels

from napari_csunet.errors import LabelError
from napari_csunet.measurement.bootstrap import Estimate
from napari_csunet.measurement.field import Field
from napari_csunet.measurement.intercepts import LineCounts, count_label_lines, crossings_per_length
from napari_csunet.measurement.scale import Scale

Labels = npt.NDArray[np.integer]

_NM_PER_MM = 1e6


def grains_of(field: Field, boundary: int) -> Labels:
    """Grains (h, w), numbered from 1, that a class of boundaries separates; 0 where no class is.

    A boundary one pixel wide that goes diagonally separates grains (4-connectivity). Boundary pixels are given to the
    nearest grain, so that the width of the boundary does not shorten the grains. A boundary with a gap counts for none.
    Raises LabelError if the boundary leaves no grain.
    """
    interior = field.valid & ~field.inside(boundary)
    if not interior.any():
        raise LabelError(f"Class {boundary} of {field.name} leaves no grain. Choose the class of the grain boundaries.")
    grains = label(interior, connectivity=1)  # type: ignore[no-untyped-call]
    spacing = (field.scale.y, field.scale.x)
    everywhere = float(np.hypot(*grains.shape)) * max(spacing)
    grown = expand_labels(grains, everywhere, spacing)  # type: ignore[no-untyped-call]
    inside: Labels = np.where(field.valid, grown, 0)
    return inside


def count_grain_lines(grains: Labels, scale: Scale) -> list[LineCounts]:
    """Crossings of grain boundaries in one field; pixels without a grain (0) belong to no test line."""
    return count_label_lines(grains, grains > 0, scale)


def mean_lineal_intercept(fields: Sequence[Sequence[LineCounts]], degrees: float | None = None) -> Estimate:
    """Mean length l̄ of test line between boundaries, 1 / P_L (ASTM E112-13, sec. 13). NaN if nothing is crossed."""
    return crossings_per_length(fields, degrees).inverse()


def grain_size_number(intercept: Estimate, scale: Scale) -> Estimate:
    """G = −6.643856 · log10(l̄ / mm) − 3.288 (ASTM E112-13, table 6). NaN if the size of a pixel is unknown."""
    factor = scale.nanometres / _NM_PER_MM
    value, low, high = (
        -6.643856 * np.log10(x * factor) - 3.288 if x > 0 else float("nan")
        for x in (intercept.value, intercept.high, intercept.low)
    )
    return Estimate(float(value), float(low), float(high), intercept.method)
