"""How good is the instant answer, and how long does it take? Strokes of a simulated person, judged on `val`.

    python benchmarks/instant.py DATA --seeds 0 1 2

DATA as for accuracy.py. "ours" is the program's own; the other rows leave one thing out or take another classifier.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from accuracy_tasks import CLASSES, TASKS, Labels, Task, pairs, read_mask, training_labels
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from napari_csunet import Micrograph, read_micrograph
from napari_csunet.classes import UNLABELLED
from napari_csunet.inference.pixel_classifier import train_classifier
from napari_csunet.inference.pixel_features import FeatureNetwork, PixelFeatures, SliceLook
from napari_csunet.threads import share_the_processor
from napari_csunet.training.metrics import confusion_matrix

STROKES = ("superalloy one-shot, 1 % strokes", "ebc 2, 1 % strokes")
Points = tuple[torch.Tensor, torch.Tensor]
Predictor = Callable[[PixelFeatures], npt.NDArray[Any]]


@dataclass(frozen=True)
class Way:
    """``fit`` learns from points; ``maps``: the feature maps it sees (four are filters, the last is the decoder's)."""

    fit: Callable[[Points, int], Predictor]
    maps: tuple[int, ...] = (0, 1, 2, 3, 4)


def ours(points: Points, seed: int) -> Predictor:
    """The classifier of the program."""
    return train_classifier(*points, seed=seed).indices


def sklearn(make: Callable[[int], Any]) -> Callable[[Points, int], Predictor]:
    """One of scikit-learn's, on the same features."""

    def fit(points: Points, seed: int) -> Predictor:
        model = make(seed).fit(points[0].numpy(), points[1].numpy())

        def predict(features: PixelFeatures) -> npt.NDArray[Any]:
            pixels = features.of_rows(0, features.size[0]).flatten(1).T.numpy()
            indices: npt.NDArray[Any] = model.predict(pixels).reshape(features.size)
            return indices

        return predict

    return fit


WAYS = {
    "ours": Way(ours),
    "ours, filters only": Way(ours, (0, 1, 2, 3)),
    "ours, network only": Way(ours, (4,)),
    "discriminant analysis": Way(sklearn(lambda seed: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1))),
    "random forest": Way(
        sklearn(lambda seed: RandomForestClassifier(50, min_samples_leaf=2, class_weight="balanced", random_state=seed))
    ),
    "extra trees": Way(
        sklearn(lambda seed: ExtraTreesClassifier(50, min_samples_leaf=4, class_weight="balanced", random_state=seed))
    ),
}


def main() -> None:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=STROKES, choices=list(TASKS))
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    network = FeatureNetwork()
    print("| task | way | mean IoU | per class | s to learn | s to answer |", "|" + "---|" * 6, sep="\n")
    for name in options.tasks:
        train, val = (judged_slices(options.data, TASKS[name], part, network) for part in ("train", "val"))
        for way in options.ways:
            print(f"| {name} | {way} | {row(train, val, TASKS[name], WAYS[way], options.seeds)} |", flush=True)


def judged_slices(data: Path, task: Task, part: str, network: FeatureNetwork) -> list[tuple[PixelFeatures, Labels]]:
    """What is seen of each micrograph, and its mask."""
    return [
        (features_of(read_micrograph(image), network), read_mask(mask, task)) for image, mask in pairs(data, task, part)
    ]


def features_of(micrograph: Micrograph, network: FeatureNetwork) -> PixelFeatures:
    """Looked at to the end."""
    look = SliceLook(micrograph, 0, network)
    while (features := look.step()) is None:
        pass
    return features


def row(
    train: list[tuple[PixelFeatures, Labels]],
    val: list[tuple[PixelFeatures, Labels]],
    task: Task,
    way: Way,
    seeds: list[int],
) -> str:
    """Means over the seeds and their spread."""
    ious, learnt, answered = [], [], []
    for seed in seeds:
        labels, classes = training_labels([mask for _, mask in train], task, seed)
        indices = [classes.to_indices(one) for one in labels]
        points = points_of([_only(features, way) for features, _ in train], indices)
        start = time.monotonic()
        predict = way.fit(points, seed)
        learnt.append(time.monotonic() - start)
        confusion = np.zeros((len(classes), len(classes)), np.int64)
        for features, mask in val:
            start = time.monotonic()
            found = predict(_only(features, way))
            answered.append(time.monotonic() - start)
            confusion += confusion_matrix(found.astype(np.int16), CLASSES[task.data].to_indices(mask), len(classes))
        right = np.diag(confusion)
        ious.append(right / (confusion.sum(axis=0) + confusion.sum(axis=1) - right))
    means = [float(one.mean()) for one in ious]
    spread = statistics.stdev(means) if len(means) > 1 else 0.0
    per_class = zip(CLASSES[task.data].class_names, np.mean(ious, axis=0), strict=True)
    figures = ", ".join(f"{name} {iou:.2f}" for name, iou in per_class)
    times = f"{statistics.mean(learnt):.1f} | {statistics.mean(answered):.1f}"
    return f"{statistics.mean(means):.3f} ± {spread:.3f} | {figures} | {times}"


def points_of(features: list[PixelFeatures], indices: list[npt.NDArray[np.int16]]) -> Points:
    """Features and class indices of all labelled pixels."""
    parts = []
    for one, painted in zip(features, indices, strict=True):
        rows, columns = np.nonzero(painted != UNLABELLED)
        seen = one.at(torch.from_numpy(rows), torch.from_numpy(columns))
        parts.append((seen, torch.from_numpy(painted[rows, columns].astype(np.int64))))
    x, y = zip(*parts, strict=True)
    return torch.cat(x), torch.cat(y)


def _only(features: PixelFeatures, way: Way) -> PixelFeatures:
    return PixelFeatures(tuple(features.maps[i] for i in way.maps), features.size, features.factor)


if __name__ == "__main__":
    share_the_processor()
    main()
