"""Objects of a class (particles, pores, grains), one by one: size, shape, place and how much each counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects
from scipy.spatial import KDTree
from skimage.measure import label
from skimage.segmentation import relabel_sequential

from napari_csunet.measurement.border import Border, Frame, neighbour_weights, touches_border, weights
from napari_csunet.measurement.feret import feret_diameters
from napari_csunet.measurement.field import Bools
from napari_csunet.measurement.lattice import PRINCIPAL_STEPS, directions, neighbours
from napari_csunet.measurement.scale import Scale

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]


def connected_objects(inside: Bools) -> Labels:
    """Objects of a class (h, w), numbered from 1: pixels that touch at a side or a corner (8-connectivity)."""
    labels: Labels = label(inside, connectivity=2)  # type: ignore[no-untyped-call]
    return labels


def object_table(
    labels: Labels, scale: Scale, valid: Bools | None = None, border: Border = Border.MILES_LANTUEJOUL
) -> pd.DataFrame:
    """One row for each object of ``labels`` (h, w), lengths in the unit of the scale; empty if there is none.

    label, row, column: number in ``labels`` and centroid in pixels. area: pixels × area of a pixel.
    equivalent_diameter: of the circle of that area, √(4A/π). perimeter: Crofton, holes included (``perimeters``).
    aspect_ratio, orientation: of the ellipse with the same second moments; degrees anticlockwise from the rows, −90 to
    90. circularity: 4πA/P² (Cox 1927), at most 1. feret_max, feret_min: see ``feret_diameters``. nearest_neighbour:
    from centroid to centroid, NaN for a single object. touches_border; weight: see ``border.weights``;
    neighbour_weight: see ``border.neighbour_weights``.
    """
    import pandas as pd

    sequential, _, originals = relabel_sequential(labels)  # type: ignore[no-untyped-call]
    valid = np.ones(labels.shape, bool) if valid is None else valid
    count = int(sequential.max(initial=0))
    table = pd.DataFrame({"label": np.asarray(originals[np.arange(1, count + 1)])})
    area, centroids, covariance = _moments(sequential, count, scale)
    perimeter = perimeters(sequential, count, scale)
    table["row"], table["column"] = centroids.T
    table["area"] = area
    table["equivalent_diameter"] = np.sqrt(4 * area / np.pi)
    table["perimeter"] = perimeter
    table["aspect_ratio"], table["orientation"] = _ellipse(covariance)
    table["circularity"] = np.minimum(1, 4 * np.pi * area / perimeter**2)
    table["feret_max"], table["feret_min"] = feret_diameters(sequential, scale).T
    return _with_place(table, sequential, scale, valid, border)


def perimeters(labels: Labels, count: int, scale: Scale) -> Floats:
    """Perimeter of the objects 1…count by Crofton's formula in four directions, for pixels of any aspect.

    P = π · Σ share · intercepts · distance between lines (Legland, Kiêu and Devaux 2007); for square pixels this is
    skimage's perimeter_crofton, object by object.
    """
    padded = np.pad(labels, 1)
    total = np.zeros(count + 1)
    for direction in directions(scale, PRINCIPAL_STEPS):
        first, second = neighbours(padded, direction)
        crossed = first != second
        ends = np.bincount(first[crossed], minlength=count + 1) + np.bincount(second[crossed], minlength=count + 1)
        total += direction.share * ends / 2 * scale.pixel_area / direction.length
    return np.pi * total[1:]


def _moments(labels: Labels, count: int, scale: Scale) -> tuple[Floats, Floats, Floats]:
    """Area (n,), centroid (n, 2) in pixels and covariance (n, 3) as yy, xx, xy, of whole pixels, not of their centres.

    All objects at once: skimage's regionprops needs seconds for thousands of objects.
    """
    rows, columns = np.nonzero(labels)
    owner = labels[rows, columns]
    pixels = np.bincount(owner, minlength=count + 1)[1:]

    def mean(values: npt.NDArray[np.generic]) -> Floats:
        means: Floats = np.bincount(owner, values, minlength=count + 1)[1:] / pixels
        return means

    centroids = np.stack([mean(rows), mean(columns)], axis=1)
    y, x = ((rows, columns) - centroids[owner - 1].T) * [[scale.y], [scale.x]]
    within = np.array([scale.y, scale.x]) ** 2 / 12
    covariance = np.stack([mean(y * y) + within[0], mean(x * x) + within[1], mean(x * y)], axis=1)
    return (pixels * scale.pixel_area).astype(np.float64), centroids, covariance


def _ellipse(covariance: Floats) -> tuple[Floats, Floats]:
    """Long over short axis and the direction of the long one."""
    yy, xx, xy = covariance.T
    middle, difference = (yy + xx) / 2, np.hypot((yy - xx) / 2, xy)
    ratio: Floats = np.sqrt((middle + difference) / (middle - difference))
    return ratio, np.degrees(0.5 * np.arctan2(-2 * xy, xx - yy))  # rows count downwards


def _with_place(table: pd.DataFrame, labels: Labels, scale: Scale, valid: Bools, border: Border) -> pd.DataFrame:
    centroids = table[["row", "column"]].to_numpy(np.float64)
    frame, touching = Frame.of(valid), touches_border(labels, valid, len(table))
    boxes = _boxes(labels)
    table["nearest_neighbour"] = _nearest(centroids * (scale.y, scale.x))
    table["touches_border"] = touching
    table["weight"] = weights(border, frame, boxes, centroids, touching)
    distances = table["nearest_neighbour"].to_numpy(np.float64)
    table["neighbour_weight"] = neighbour_weights(frame, centroids, distances, (scale.y, scale.x))
    return table


def _boxes(labels: Labels) -> npt.NDArray[np.integer]:
    boxes = [(r.start, c.start, r.stop, c.stop) for r, c in find_objects(labels)]
    return np.array(boxes, np.int64).reshape(-1, 4)


def _nearest(points: Floats) -> Floats:
    if len(points) < 2:
        return np.full(len(points), np.nan)
    distances: Floats = KDTree(points).query(points, k=2)[0][:, 1]
    return distances
