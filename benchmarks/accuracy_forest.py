"""The yardstick without a network: a random forest on multi-scale filter responses, as in Weka or ilastik."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

from napari_csunet import ClassTable
from napari_csunet.classes import UNLABELLED
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation

TREES = 100
TRAINED_PIXELS = 60_000
LARGEST_SIGMA = 16.0


def fit_forest(
    images: Sequence[Micrograph], labels: Sequence[npt.NDArray[Any]], classes: ClassTable, seed: int
) -> Callable[[Micrograph], npt.NDArray[np.intp]]:
    """Trains on the labelled pixels; the result maps a micrograph to class indices (h, w)."""
    features, targets = [], []
    for image, array in zip(images, labels, strict=True):
        indices = classes.to_indices(array)
        features.append(_features(image)[indices != UNLABELLED])
        targets.append(indices[indices != UNLABELLED])
    x, y = np.concatenate(features), np.concatenate(targets)
    chosen = np.random.default_rng(seed).permutation(len(y))[:TRAINED_PIXELS]
    forest = RandomForestClassifier(TREES, min_samples_leaf=2, class_weight="balanced", n_jobs=-1, random_state=seed)
    forest.fit(x[chosen], y[chosen])

    def predicted(image: Micrograph) -> npt.NDArray[np.intp]:
        seen = _features(image)
        indices: npt.NDArray[np.intp] = forest.predict(seen.reshape(-1, seen.shape[-1])).reshape(seen.shape[:2])
        return indices

    return predicted


def _features(image: Micrograph) -> npt.NDArray[np.float32]:
    pixels = Normalisation().fit(image, 0).apply(image.crop(0, slice(None), slice(None))).mean(axis=-1)
    responses: npt.NDArray[np.float32] = multiscale_basic_features(pixels, sigma_max=LARGEST_SIGMA)  # type: ignore[no-untyped-call]
    return responses.astype(np.float32)
