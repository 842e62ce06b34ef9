"""How far scores may be off: judged places are drawn again and again, and the scores of each draw are compared.

The bootstrap and its percentile intervals: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 6 and 13;
wider percentiles for few places: Hesterberg, The American Statistician 69 (2015) 371.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.reports import Interval, Places, Scores, Spread
from napari_csunet.training.annotated import AnnotatedSlice, block_side
from napari_csunet.training.metrics import Confusion, Shares, iou_and_dice, scores_from_confusion

Confusions = npt.NDArray[np.int64]
"""(places, classes, classes)."""

CONFIDENCE = 0.9
RESAMPLES = 500
FEWEST_PLACES = 4
"""Without so many places, or so many that hold a class, there is no interval."""
FEWEST_MICROGRAPHS = 5
"""From so many on, whole micrographs are drawn: they differ more from each other than places within one."""


class JudgedPlaces:
    """Collects what was judged, in blocks as large as those in which labels are held out."""

    def __init__(self, classes: ClassTable) -> None:
        self._classes = classes
        self._regions: dict[tuple[int, ...], Confusion] = {}

    def add(
        self,
        one: AnnotatedSlice,
        corner: tuple[int, int],
        predicted: npt.NDArray[np.integer],
        truth: npt.NDArray[np.int16],
    ) -> None:
        """Class indices (h, w) of a window whose upper left pixel is ``corner``; unlabelled pixels do not count."""
        side, micrograph = block_side(one.size), id((one.recorded or one).micrograph)
        found = confusions_by_region(predicted, truth, corner, side, len(self._classes))
        for place, confusion in found.items():
            key = (micrograph, one.slice_index, *place)
            self._regions[key] = self._regions.get(key, 0) + confusion

    def scores(self) -> Scores:
        """Of all places together, with their spread."""
        confusions, kind = self._drawn_from()
        scores = scores_from_confusion(confusions.sum(axis=0), self._classes)
        return replace(scores, spread=spread_of(confusions, self._classes, kind))

    def _drawn_from(self) -> tuple[Confusions, Places]:
        by_micrograph: dict[int, list[Confusion]] = defaultdict(list)
        for (micrograph, *_), confusion in self._regions.items():
            by_micrograph[micrograph].append(confusion)
        if len(by_micrograph) >= FEWEST_MICROGRAPHS:
            return np.array([np.sum(some, axis=0) for some in by_micrograph.values()]), "micrographs"
        count = len(self._classes)
        return np.array(list(self._regions.values()), np.int64).reshape(-1, count, count), "regions"


def confusions_by_region(
    predicted: npt.NDArray[np.integer],
    truth: npt.NDArray[np.int16],
    corner: tuple[int, int],
    side: int,
    class_count: int,
) -> dict[tuple[int, int], Confusion]:
    """Confusion of each square with labels, by its row and column in a grid over the slice of squares of ``side``."""
    known = truth > UNLABELLED
    rows, columns = np.nonzero(known)
    places = np.stack([(rows + corner[0]) // side, (columns + corner[1]) // side])
    regions, numbers = np.unique(places, axis=1, return_inverse=True)
    cells = (numbers.ravel() * class_count + truth[known]) * class_count + predicted[known]
    size = regions.shape[1] * class_count**2
    counts = np.bincount(cells, minlength=size).reshape(-1, class_count, class_count)
    return {(int(y), int(x)): confusion for (y, x), confusion in zip(regions.T, counts, strict=True)}


def spread_of(confusions: Confusions, classes: ClassTable, places: Places = "regions") -> Spread | None:
    """Intervals of all figures, always the same ones; None without any place."""
    count = len(confusions)
    if count == 0:
        return None
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    sums = np.tensordot(drawn, confusions, axes=1)  # (resamples, classes, classes)
    iou, dice = iou_and_dice(sums)
    occurs = np.count_nonzero(confusions.sum(axis=2), axis=0)  # places that hold a class
    intervals = [[_interval(of_class, n) for of_class, n in zip(one.T, occurs, strict=True)] for one in (iou, dice)]
    by_name = [dict(zip(classes.class_names, some, strict=True)) for some in intervals]
    return Spread(_interval(np.nanmean(iou, axis=1), count), by_name[0], by_name[1], places, count)


def _interval(values: Shares, places: int) -> Interval:
    """Of the figures of all draws, from so many places."""
    known = values[np.isfinite(values)]
    if places < FEWEST_PLACES or not known.size:
        return float("nan"), float("nan")
    quantile = np.sqrt(places / (places - 1)) * special.stdtrit(places - 1, (1 + CONFIDENCE) / 2)
    tail = special.ndtr(-quantile)
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)
