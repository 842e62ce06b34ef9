"""At which resolution to work: a quick search on the labelled pixels themselves."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

from napari_csunet.classes import UNLABELLED
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.micrographs.reduction import reduced, reduced_indices
from napari_csunet.training.annotated import AnnotatedSlice, labelled_share
from napari_csunet.training.metrics import confusion_matrix

CANDIDATES = (1, 2, 3, 4, 6, 8)
"""Factors of reduction; all divide 24."""
SMALLEST_SIDE = 128
"""A micrograph is not reduced below this many pixels."""
NOT_WORTH_IT = 0.025
"""Gain in mean IoU below which the finer scale is kept, because it shows more detail."""
HOPELESS = 0.1
"""Loss in mean IoU after which no finer scale is tried."""
SPARSE = 0.1
REPEATS = 3
"""Divisions into folds over which the score is pooled where less than ``SPARSE`` of the pixels are labelled."""
LARGEST_PROBE = 1536
PROBE_GRID = 24
SLICES = 3
BLOCKS_PER_SIDE = 8
FOLDS = 4
TREES = 40
TRAINED_PER_CLASS = 2000
JUDGED_PER_SLICE = 4000
LARGEST_SIGMA = 16.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Probe:
    """Part of a slice at one scale. features: (h, w, n); coarse: class indices there; fine, folds: at full size."""

    features: Floats
    coarse: npt.NDArray[np.int16]
    fine: npt.NDArray[np.int16]
    folds: npt.NDArray[np.int64]
    factor: int

    def training_points(self, fold: int) -> tuple[Floats, npt.NDArray[np.int16]]:
        """Features (n, f) and classes (n,) of the labelled pixels outside a fold."""
        height, width = self.coarse.shape
        folds = self.folds[:: self.factor, :: self.factor][:height, :width]
        chosen = (self.coarse != UNLABELLED) & (folds != fold)
        return self.features[chosen], self.coarse[chosen]

    def judged_points(self, fold: int, random: np.random.Generator) -> tuple[Floats, npt.NDArray[np.int16]]:
        """The same at the labelled full-resolution pixels of a fold."""
        places = np.argwhere((self.fine != UNLABELLED) & (self.folds == fold))
        if len(places) > JUDGED_PER_SLICE:
            places = random.choice(places, JUDGED_PER_SLICE, replace=False)
        rows, columns = places.T
        limits = np.array(self.coarse.shape) - 1
        seen = np.minimum(places // self.factor, limits).T
        return self.features[seen[0], seen[1]], self.fine[rows, columns]


def choose_reduction(
    annotated: Sequence[AnnotatedSlice], class_count: int, normalisation: Normalisation, seed: int, least: int = 1
) -> Generator[None, None, int]:
    """The factor by which micrographs are best reduced, 1 for not at all; yields before each candidate.

    least: the smallest factor that may be chosen, as far as the micrographs are large enough for it.

    At each candidate a random forest on filter responses up to a fixed number of pixels (skimage's
    multiscale_basic_features) learns the labels of some blocks and is judged on the others, at full resolution. Coarser
    scales see more of the surroundings, finer ones more detail: the search goes from coarse to fine, ends when a scale
    is much worse than a coarser one, and takes the finest that comes close to the best.
    """
    smallest = min(min(one.size) for one in annotated)
    possible = [factor for factor in CANDIDATES if factor == 1 or smallest >= factor * SMALLEST_SIDE]
    factors = [factor for factor in possible if factor >= least] or possible[-1:]
    searched, chosen, best = _searched(annotated), factors[-1], 0.0
    for factor in reversed(factors if len(factors) > 1 else []):
        yield
        score = _score(searched, factor, class_count, normalisation, seed)
        if score < best - HOPELESS:
            return chosen
        best = max(best, score)
        if score >= best - NOT_WORTH_IT:
            chosen = factor
    return chosen


def _searched(annotated: Sequence[AnnotatedSlice]) -> Sequence[AnnotatedSlice]:
    """Those with the most classes, and of these those with the most labelled pixels."""
    worth = {one: (len(np.unique(one.indices)), np.count_nonzero(one.indices != UNLABELLED)) for one in annotated}
    return sorted(annotated, key=lambda one: worth[one], reverse=True)[:SLICES]


def _score(
    annotated: Sequence[AnnotatedSlice], factor: int, class_count: int, normalisation: Normalisation, seed: int
) -> float:
    """Cross-validated mean IoU of a random forest at one scale."""
    random = np.random.default_rng(seed)
    probes = [_probe(one, factor, class_count, normalisation, random) for one in annotated]
    confusion = np.zeros((class_count, class_count), np.int64)
    for _ in range(REPEATS if labelled_share(annotated) < SPARSE else 1):
        probes = [replace(probe, folds=_folds(probe.fine.shape, random)) for probe in probes]
        for fold in range(FOLDS):
            confusion += _confusion(probes, fold, class_count, random)
    right = np.diag(confusion)
    return float(np.mean(right / np.maximum(1, confusion.sum(axis=0) + confusion.sum(axis=1) - right)))


def _confusion(
    probes: Sequence[Probe], fold: int, class_count: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Of a forest that learned the other folds, on this one."""
    confusion = np.zeros((class_count, class_count), np.int64)
    forest = _trained([probe.training_points(fold) for probe in probes], class_count, random)
    for features, truth in (probe.judged_points(fold, random) for probe in probes):
        if forest is not None and len(truth):
            confusion += confusion_matrix(forest.predict(features).astype(np.int16), truth, class_count)
    return confusion


def _probe(
    one: AnnotatedSlice, factor: int, class_count: int, normalisation: Normalisation, random: np.random.Generator
) -> Probe:
    rows, columns = _labelled_part(one)
    fine = one.indices[rows, columns]
    coarse = reduced_indices(fine, factor, class_count)
    picture = reduced(one.micrograph, factor)
    intensities = normalisation.fit(picture, one.slice_index)
    part = [
        slice(span.start // factor, span.start // factor + n)
        for span, n in zip((rows, columns), coarse.shape, strict=True)
    ]
    pixels = intensities.apply(picture.crop(one.slice_index, *part)).mean(axis=-1)
    features = multiscale_basic_features(pixels, sigma_min=0.5, sigma_max=LARGEST_SIGMA)  # type: ignore[no-untyped-call]
    return Probe(features.astype(np.float32), coarse, fine, _folds(fine.shape, random), factor)


def _labelled_part(one: AnnotatedSlice) -> tuple[slice, slice]:
    """At most ``LARGEST_PROBE`` pixels along each axis around the middle of the labels, from multiples of 24 on."""
    centre = np.median(np.argwhere(one.indices != UNLABELLED), axis=0)
    spans = []
    for middle, length in zip(centre, one.size, strict=True):
        start = int(np.clip(middle - LARGEST_PROBE // 2, 0, max(0, length - LARGEST_PROBE))) // PROBE_GRID * PROBE_GRID
        spans.append(slice(start, min(length, start + LARGEST_PROBE)))
    return spans[0], spans[1]


def _folds(size: tuple[int, ...], random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Fold of each pixel (h, w): blocks that stay together."""
    blocks = random.permutation(BLOCKS_PER_SIDE**2).reshape(BLOCKS_PER_SIDE, BLOCKS_PER_SIDE) % FOLDS
    rows, columns = (np.arange(length) * BLOCKS_PER_SIDE // length for length in size)
    return blocks[np.ix_(rows, columns)]


def _trained(
    points: Sequence[tuple[Floats, npt.NDArray[np.int16]]], class_count: int, random: np.random.Generator
) -> RandomForestClassifier | None:
    """Forest from as many pixels of each class; None if there is a single class."""
    features, classes = (np.concatenate(parts) for parts in zip(*points, strict=True))
    drawn = []
    for index in range(class_count):
        found = np.flatnonzero(classes == index)
        drawn.append(random.choice(found, min(len(found), TRAINED_PER_CLASS), replace=False))
    chosen = np.concatenate(drawn)
    if len(np.unique(classes[chosen])) < 2:
        return None
    forest = RandomForestClassifier(TREES, min_samples_leaf=4, n_jobs=-1, random_state=0)
    return forest.fit(features[chosen], classes[chosen])
