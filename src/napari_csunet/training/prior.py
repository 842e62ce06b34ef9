"""What frozen features and the strokes say about every pixel, before anything is trained."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from napari_csunet.classes import UNLABELLED
from napari_csunet.inference.labelled_points import labelled_points
from napari_csunet.inference.pixel_classifier import PixelClassifier, train_classifier
from napari_csunet.inference.pixel_features import PixelFeatures, SliceLook, feature_network
from napari_csunet.training.annotated import AnnotatedSet, AnnotatedSlice

MOST_PIXELS = 24 * 10**6
"""Of all slices that are looked at, at about 33 bytes each."""


def with_priors(labelled: AnnotatedSet, device: str, seed: int, seconds: float) -> Generator[str, None, AnnotatedSet]:
    """The training slices with the instant answer to their strokes, as many as ``seconds`` and memory allow.

    Yields the name of the micrograph before each tile that is looked at. Held-out labels are not learnt from.
    """
    looked_at: list[PixelFeatures] = []
    end, left = time.monotonic() + seconds, MOST_PIXELS
    for one in labelled.training:
        left -= int(np.prod(_recorded(one).size))
        if looked_at and (left < 0 or time.monotonic() > end):
            break
        looked_at.append((yield from _look(one, device)))
    random = np.random.default_rng(seed)
    seen = list(zip(labelled.training, looked_at, strict=False))
    points = [labelled_points(look, _painted(one), len(labelled.classes), random) for one, look in seen]
    x, y = (torch.cat(parts) for parts in zip(*points, strict=True))
    if len(torch.unique(y)) < 2:
        return labelled
    classifier = train_classifier(x, y, seed)
    answered = [replace(one, prior=_answer(classifier, features, one, len(labelled.classes))) for one, features in seen]
    return replace(labelled, training=[*answered, *labelled.training[len(answered) :]])


def _recorded(one: AnnotatedSlice) -> AnnotatedSlice:
    return one if one.recorded is None else one.recorded


def _look(one: AnnotatedSlice, device: str) -> Generator[str, None, PixelFeatures]:
    recorded = _recorded(one)
    look = SliceLook(recorded.micrograph, recorded.slice_index, feature_network(device))
    while True:
        yield recorded.micrograph.name
        features = look.step()
        if features is not None:
            return features


def _painted(one: AnnotatedSlice) -> npt.NDArray[np.int16]:
    """Class indices (h, w) as they were painted, without those that are held out at the working scale."""
    if one.recorded is None:
        return one.indices
    factor = one.recorded.size[0] // one.size[0]
    trained = (one.indices != UNLABELLED).repeat(factor, axis=0).repeat(factor, axis=1)
    painted = np.full_like(one.recorded.indices, UNLABELLED)
    seen = tuple(slice(length) for length in trained.shape)
    painted[seen] = np.where(trained, one.recorded.indices[seen], UNLABELLED)
    return painted


def _answer(
    classifier: PixelClassifier, features: PixelFeatures, one: AnnotatedSlice, class_count: int
) -> npt.NDArray[np.float16]:
    """Probability (classes, h, w) at the working scale."""
    known = classifier.probability(features)
    everything = known.new_zeros(class_count, *known.shape[1:])
    everything[classifier.classes] = known
    small = functional.interpolate(everything[None], one.size, mode="area")[0]
    return small.half().numpy()
