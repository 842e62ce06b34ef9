"""Whether the classes lie in layers, so that a patch turned upside down would be a picture that does not occur."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import UNLABELLED
from napari_csunet.config import Layers
from napari_csunet.training.annotated import AnnotatedSlice, are_strokes

BANDS = 8
LAYERED = 0.25
"""By how much more of what there is to know about the class its row tells than its column, or the other way round."""

BELIEVED = 0.6
"""Probability of the likeliest class from which a prior counts."""


def layers_of(annotated: Sequence[AnnotatedSlice], class_count: int) -> Layers:
    """Whether rows tell the class much better than columns ("rows"), or the other way round, or neither ("none").

    Strokes say more about the hand than about the material: where there are only strokes, the prior is asked.
    """
    known = [indices for one in annotated if (indices := _known(one)) is not None]
    if not known:
        return "none"
    rows, columns = (np.mean([_told_by(indices, axis, class_count) for indices in known]) for axis in (0, 1))
    if abs(rows - columns) < LAYERED:
        return "none"
    return "rows" if rows > columns else "columns"


def spanning_reduction(annotated: Sequence[AnnotatedSlice], layers: Layers, side: int) -> int:
    """By how much most micrographs must be reduced for ``side`` pixels to span all their layers; 1 without layers.

    Layers that look alike are told by their order, which a patch must therefore show as a whole.
    """
    if layers == "none":
        return 1
    axis = 0 if layers == "rows" else 1
    return math.ceil(float(np.median([one.size[axis] for one in annotated])) / side)


def _known(one: AnnotatedSlice) -> npt.NDArray[np.int16] | None:
    """Class indices (h, w) of a full mask, or else what is believed where that is sure."""
    if not are_strokes([one]):
        return one.indices
    if one.prior is None:
        return None
    return np.where(one.prior.max(axis=0) >= BELIEVED, one.prior.argmax(axis=0), UNLABELLED).astype(np.int16)


def _told_by(indices: npt.NDArray[np.int16], axis: int, class_count: int) -> float:
    """Mutual information of class and band along an axis, divided by the entropy of the class: 0 to 1."""
    places = np.indices(indices.shape, sparse=True)[axis] * BANDS // indices.shape[axis]
    labelled = indices != UNLABELLED
    if not labelled.any():
        return 0.0
    pairs = np.broadcast_to(places, indices.shape)[labelled] * class_count + indices[labelled]
    joint = np.bincount(pairs, minlength=BANDS * class_count).reshape(BANDS, class_count) / len(pairs)
    bands, classes = joint.sum(axis=1), joint.sum(axis=0)
    entropy = _entropy(classes)
    return (_entropy(bands) + entropy - _entropy(joint)) / entropy if entropy else 0.0


def _entropy(shares: npt.NDArray[np.float64]) -> float:
    present = shares[shares > 0]
    return float(-(present * np.log(present)).sum())
