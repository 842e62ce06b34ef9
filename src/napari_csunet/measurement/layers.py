"""Thickness of a layer or coating, along its whole length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_csunet.errors import LabelError
from napari_csunet.measurement.bootstrap import Estimate, RatioCells, ratio
from napari_csunet.measurement.field import Bools
from napari_csunet.measurement.scale import Scale

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

_SMOOTHING = 2.0
_SAMPLES_PER_PIXEL = 4
_MOST_LINES = 512
_OUTSIDE = -1.0
_UPRIGHT = 1e-9


@dataclass(frozen=True, eq=False)
class Layer:
    """Thickness of one layer in the unit of its scale.

    profile: table of position along the layer and thickness; NaN where the border cuts the layer, 0 where it is
    missing. direction: of the layer, degrees anticlockwise from the rows, −90 to 90.
    """

    profile: pd.DataFrame
    direction: float
    unit: str

    @property
    def thicknesses(self) -> Floats:
        """The known ones along the layer."""
        known: Floats = self.profile["thickness"].dropna().to_numpy(np.float64)
        return known


def layer_thickness(inside: Bools, scale: Scale, valid: Bools | None = None) -> Layer:
    """Thickness of the layer ``inside`` (h, w), perpendicular to its mean direction (ISO 1463), line beside line.

    The direction is that to which most of its boundary runs parallel: the second eigenvector of the sum of ∇m ∇mᵀ over
    the smoothed mask (structure tensor; Bigün and Granlund 1987), so a thick layer in a narrow picture is no problem.
    Closed pores count as layer; on each line the longest piece counts, islands do not. A slope of α against the
    mean direction makes a line 1/cos α too long. Raises LabelError if there is no layer or no boundary of it.
    """
    import pandas as pd

    valid = np.ones(inside.shape, bool) if valid is None else valid
    if min(inside.shape) < 2:
        raise LabelError(f"A mask of {inside.shape[0]} × {inside.shape[1]} px is too small to measure a layer in.")
    if not (inside & valid).any():
        raise LabelError("The class chosen as layer is not in this mask. Choose another class, or leave this mask out.")
    normal = _normal(inside, valid, scale)
    filled = ndimage.binary_fill_holes(inside & valid)
    lines, places, step = _sampled(filled, valid, normal, scale)
    profile = pd.DataFrame({"position": places - places[0], "thickness": _thickness(lines, step)})
    direction = (np.degrees(np.arctan2(normal[1], normal[0])) + 90) % 180 - 90
    return Layer(profile, float(direction), scale.unit)


def mean_thickness(layers: Sequence[Layer]) -> Estimate:
    """Mean over the length of all layers, with an interval that respects how slowly the thickness varies."""
    known = [layer.thicknesses[None] for layer in layers if layer.thicknesses.size]
    return ratio([RatioCells.of(t, np.ones_like(t)) for t in known])


def _normal(inside: Bools, valid: Bools, scale: Scale) -> Floats:
    """Unit vector (y, x) perpendicular to the layer, such that positions along it grow to the right, else downwards."""
    smooth = ndimage.gaussian_filter((inside & valid).astype(np.float32), _SMOOTHING, mode="nearest")
    away = ndimage.binary_erosion(valid, iterations=int(3 * _SMOOTHING), border_value=1)
    y, x = (slope[away].astype(np.float64) for slope in np.gradient(smooth, scale.y, scale.x))
    tensor = np.array([[(y * y).sum(), (x * y).sum()], [(x * y).sum(), (x * x).sum()]])
    if not tensor.any():
        raise LabelError("The layer fills the whole micrograph, so it has no thickness. Choose another class.")
    normal: Floats = np.linalg.eigh(tensor)[1][:, 1]
    upright = abs(normal[0]) < _UPRIGHT
    return -normal if (normal[1] > 0 if upright else normal[0] < 0) else normal


def _sampled(inside: Bools, valid: Bools, normal: Floats, scale: Scale) -> tuple[Floats, Floats, float]:
    """Lines perpendicular to the layer: amount of layer at each sample, -1 outside; their places; step between samples.

    Samples lie a quarter of a pixel apart and never on the edge of a pixel where the layer is upright.
    """
    size = np.array(inside.shape) * (scale.y, scale.x)
    along = np.array([-normal[1], normal[0]])
    corners = np.array([[0, 0], [0, size[1]], [size[0], 0], size])
    pixel, step = min(scale.y, scale.x), min(scale.y, scale.x) / _SAMPLES_PER_PIXEL
    places = _middles(corners @ along, max(pixel, float(np.ptp(corners @ along)) / _MOST_LINES))
    depths = _middles(corners @ normal, step)
    points = places[:, None, None] * along + depths[:, None] * normal  # (lines, samples, 2)
    pixels = np.moveaxis(points / (scale.y, scale.x) - 0.5, -1, 0)
    amount = ndimage.map_coordinates(inside.astype(np.float32), pixels, order=1, mode="nearest")
    known = ndimage.map_coordinates(valid.astype(np.uint8), pixels, order=0, mode="grid-constant", cval=0)
    return np.where(known > 0, amount, _OUTSIDE), places, step


def _middles(ends: Floats, step: float) -> Floats:
    count = max(1, round(float(np.ptp(ends)) / step))
    middles: Floats = ends.min() + (np.arange(count) + 0.5) * step
    return middles


def _pieces(lines: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First sample of the longest piece of layer on each line, and its number of samples, 0 if there is none."""
    steps = np.diff((lines > 0.5).astype(np.int8), axis=1, prepend=0, append=0)
    (line, start), (_, end) = np.nonzero(steps == 1), np.nonzero(steps == -1)
    order = np.lexsort((end - start, line))  # the longest of each line comes last and stays
    starts, lengths = np.zeros(len(lines), np.intp), np.zeros(len(lines), np.intp)
    starts[line[order]], lengths[line[order]] = start[order], (end - start)[order]
    return starts, lengths


def _thickness(lines: Floats, step: float) -> Floats:
    """Thickness on each line: NaN where the border cuts the layer or hides the place where it should be."""
    starts, lengths = _pieces(lines)
    rows, padded = np.arange(len(lines)), np.pad(lines, [(0, 0), (1, 1)], constant_values=_OUTSIDE)
    cut = (padded[rows, starts] == _OUTSIDE) | (padded[rows, starts + lengths + 1] == _OUTSIDE)
    whole = (lengths > 0) & ~cut
    if not whole.any():
        return np.full(len(lines), np.nan)
    usual = [int(np.median(ends[whole])) for ends in (starts, starts + lengths - 1)]
    in_view = (lines[:, usual] != _OUTSIDE).all(axis=1)
    return np.where(whole | ((lengths == 0) & in_view), lengths * step, np.nan)
