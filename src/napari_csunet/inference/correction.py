"""From predicted masks to labels: which pixels are taken over, which region is meant, what a person corrected."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.integer]
Inside = npt.NDArray[np.bool_]


def taken_over(labels: Labels, mask: Labels, values: Collection[int], inside: Inside | None = None) -> Inside:
    """Pixels whose class a mask gives to the labels: unpainted (0), of a class in ``values``, and ``inside``."""
    taken: Inside = (labels == 0) & np.isin(mask, list(values)) & (mask != 0)
    return taken if inside is None else taken & inside


def best_probability_bound(uncertainty: npt.NDArray[np.floating], class_count: int) -> npt.NDArray[np.float32]:
    """The best class has at least this probability, given one minus the margin; with two classes it is exact.

    The second best class has at least its share of what the best one leaves: p2 >= (1 - p1) / (class_count - 1).
    """
    margin = 1 - uncertainty.astype(np.float32)
    return ((1 + (class_count - 1) * margin) / class_count).astype(np.float32)


def contradicted(labels: Labels, mask: Labels, values: Collection[int]) -> Inside:
    """Pixels that the labels give a class of ``values`` while the mask holds another one of them."""
    known = list(values)
    places: Inside = (labels != mask) & np.isin(labels, known) & np.isin(mask, known)
    return places


def region_at(mask: Labels, point: tuple[int, int]) -> Inside:
    """The connected pixels (4 neighbours) of a mask (h, w) that hold the same value as the one at ``point`` (y, x)."""
    from scipy.ndimage import label

    regions, _ = label(mask == mask[point])
    inside: Inside = regions == regions[point]
    return inside


def inside_outlines(outlines: Sequence[npt.NDArray[np.floating]], shape: tuple[int, int]) -> Inside:
    """Pixels of a micrograph (h, w) whose centres lie in any outline; an outline is (n, 2) of y, x in pixels."""
    from skimage.draw import polygon2mask

    inside = np.zeros(shape, bool)
    for outline in outlines:
        inside |= polygon2mask(shape, outline)  # type: ignore[no-untyped-call, unused-ignore]
    return inside


def ellipse_outline(corners: npt.NDArray[np.floating], points: int = 128) -> npt.NDArray[np.float64]:
    """Outline (points, 2) of the ellipse in a box, which may be turned, of four corners (4, 2) in their order."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)[:, None]
    across, along = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
    outline: npt.NDArray[np.float64] = corners.mean(axis=0) + np.cos(angles) * across + np.sin(angles) * along
    return outline
