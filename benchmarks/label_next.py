"""Do strokes help more where the program says? A simulated person paints, the instant answer is judged.

    python benchmarks/label_next.py DATA --seeds 0 1 2

DATA as for accuracy.py; only its train part is used, and its masks answer as the person. Every way begins with strokes
of each class on one micrograph. Then places are painted five at a time: squares of 1/8 of the side, in which the person
paints a stroke of each class that shows there; with "strokes" one stroke, of the class at a random pixel of the square.
All micrographs are judged, on every eighth row and column. Prints IoU over labelled pixels, and how many labelled
pixels each way needs for what "strokes" and "random regions" come to at the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from accuracy_tasks import CLASSES, TASKS, pairs, read_mask
from scipy.ndimage import distance_transform_edt

from napari_csunet import read_micrograph
from napari_csunet.inference.pixel_classifier import train_classifier
from napari_csunet.inference.pixel_features import FeatureNetwork, PixelFeatures, SliceLook
from napari_csunet.inference.suggesting.painted_slice import PaintedSlice, SlicePlace
from napari_csunet.inference.suggesting.slice_cells import CELL, Cells, cells_of
from napari_csunet.inference.suggesting.slice_memory import SeenSlice
from napari_csunet.inference.suggesting.slice_regions import regions_of
from napari_csunet.inference.suggesting.suggestion_answer import candidates
from napari_csunet.inference.suggesting.useful_regions import Candidates, Chosen, most_useful, touching
from napari_csunet.inference.uncertainty import margin_uncertainty
from napari_csunet.threads import share_the_processor
from napari_csunet.training.finding import Place
from napari_csunet.training.synthesis import strokes as painter

TASK = {"superalloy": "superalloy 10", "ebc": "ebc all"}
AT_ONCE = 5
PLACES = {"strokes": 120}
"""How many are painted; of regions, in which there is more to paint, ``REGIONS``."""
REGIONS = 40
FIRST_PIXELS = 90
SMALLEST_PIECE = 20
"""Pixels of a class in a region that a person would paint on."""

Labels = npt.NDArray[np.uint8]
Points = tuple[torch.Tensor, torch.Tensor]
Curve = npt.NDArray[np.float64]
"""(steps, 2): labelled pixels, mean IoU."""


def program(slices: Sequence[PaintedSlice], probability: Sequence[Cells]) -> list[Candidates]:
    """As the plugin weighs regions: by the number of classes that they seem to show."""
    return candidates(slices, probability)


def alike(slices: Sequence[PaintedSlice], probability: Sequence[Cells]) -> list[Candidates]:
    """All regions count the same, whatever they seem to show."""
    return candidates(slices, None)


def doubt(slices: Sequence[PaintedSlice], probability: Sequence[Cells]) -> list[Candidates]:
    """Regions count by their mean 1 − margin."""
    pairs = zip(candidates(slices, None), probability, strict=True)
    return [replace(one, weights=one.regions.means(margin_uncertainty(seen))) for one, seen in pairs]


WEIGHED = {"program": program, "alike": alike, "doubt": doubt}
WAYS = ("strokes", "random regions", *WEIGHED)


@dataclass(eq=False)
class Picture:
    """One micrograph: what is seen of it, its mask, and what has been painted (class index, −1 for nothing)."""

    seen: PaintedSlice
    mask: Labels

    def begin(self) -> None:
        """Nothing is painted any more."""
        self.seen = PaintedSlice(self.seen.place, self.seen.seen, np.full(self.mask.shape, -1, np.int16))

    def paint(self, labels: Labels, top: int = 0, left: int = 0) -> Points:
        """Adds strokes (0 nothing, class index + 1) and gives features and class indices of what is new."""
        indices = self.seen.indices.copy()
        part = indices[top : top + labels.shape[0], left : left + labels.shape[1]]
        new = (labels > 0) & (part < 0)
        part[new] = labels[new].astype(np.int16) - 1
        self.seen = PaintedSlice(self.seen.place, self.seen.seen, indices)
        rows, columns = np.nonzero(new)
        features: Any = self.seen.seen.features
        x = features.at(torch.from_numpy(rows + top), torch.from_numpy(columns + left))
        return x, torch.from_numpy(labels[new].astype(np.int64) - 1)


def main() -> None:
    """Prints the curves and a summary of each data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(TASK), choices=list(TASK))
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--cache", type=Path, help="a folder for what the network saw, to be quicker next time")
    options = parser.parse_args()
    for name in options.sets:
        pictures = read_pictures(options.data, name, options.cache)
        curves: dict[str, list[Curve]] = {}
        for seed in options.seeds:
            for way in options.ways:
                curve = simulate(pictures, way, seed)
                shown = ", ".join(f"{pixels:.0f}: {iou:.3f}" for pixels, iou in curve)
                print(f"| {name} | {way} | {seed} | {shown} |", flush=True)
                curves.setdefault(way, []).append(curve)
        summarise(name, curves)


def read_pictures(data: Path, name: str, cache: Path | None) -> list[Picture]:
    """Those of the train part, looked at to the end."""
    pictures, task, network = [], TASKS[TASK[name]], FeatureNetwork("cpu")
    for number, (image, mask) in enumerate(pairs(data, task, "train")):
        micrograph = read_micrograph(image)
        kept = None if cache is None else cache / f"{name}-{image.stem}.pt"
        if kept is not None and kept.exists():
            features = PixelFeatures(**torch.load(kept))
        else:
            features = look_at(SliceLook(micrograph, 0, network))
            if kept is not None:
                torch.save(vars(features), kept)
        values = CLASSES[name].to_indices(read_mask(mask, task)).astype(np.uint8)
        seen = SeenSlice(None, regions_of(cells_of(features, micrograph.size)), None, features)
        pictures.append(Picture(PaintedSlice(SlicePlace(number, 0, True), seen, np.empty(0, np.int16)), values))
    return pictures


def look_at(look: SliceLook) -> PixelFeatures:
    """Tile by tile, to the last."""
    while (features := look.step()) is None:
        pass
    return features


def simulate(pictures: Sequence[Picture], way: str, seed: int) -> Curve:
    """Labelled pixels and mean IoU before each round of painting, and at the end."""
    random = np.random.default_rng(seed)
    for one in pictures:
        one.begin()
    first = pictures[int(random.integers(len(pictures)))]
    points = [first.paint(painter.paint_strokes(first.mask + 1, FIRST_PIXELS / first.mask.size, random))]
    count = int(max(one.mask.max() for one in pictures)) + 1
    curve: list[tuple[float, float]] = []
    for _ in range(PLACES.get(way, REGIONS) // AT_ONCE + 1):
        x, y = (torch.cat(parts) for parts in zip(*points, strict=True))
        classifier = train_classifier(x, y)
        probability = [one.seen.seen.regions.cells.probability(classifier, count) for one in pictures]
        curve.append((len(y), mean_iou(pictures, probability, count)))
        painted_slices = [one.seen for one in pictures]
        if way in WEIGHED:
            chosen = most_useful(WEIGHED[way](painted_slices, probability), AT_ONCE)
        else:
            chosen = anywhere(candidates(painted_slices, None), random)
        points += [painted(pictures[one.place], one.number, way, random) for one in chosen]
    return np.array(curve)


def mean_iou(pictures: Sequence[Picture], probability: Sequence[Cells], count: int) -> float:
    """Over all cells of all micrographs."""
    confusion = np.zeros((count, count), np.int64)
    for one, known in zip(pictures, probability, strict=True):
        truth = one.mask[CELL // 2 :: CELL, CELL // 2 :: CELL].astype(int)
        found = np.bincount((truth * count + known.argmax(axis=0)).ravel(), minlength=count**2)
        confusion += found.reshape(count, count)
    right = np.diag(confusion)
    return float((right / np.maximum(1, confusion.sum(axis=0) + confusion.sum(axis=1) - right)).mean())


def anywhere(slices: Sequence[Candidates], random: np.random.Generator) -> list[Chosen]:
    """Any that are open and do not touch each other; all micrographs of these data sets are equally large."""
    free, chosen = [one.is_open.copy() for one in slices], list[Chosen]()
    while len(chosen) < AT_ONCE:
        place = int(random.integers(len(slices)))
        if free[place].any():
            number = int(random.choice(np.flatnonzero(free[place])))
            free[place] &= ~touching(slices[place].regions, number)
            chosen.append(Chosen(place, number))
    return chosen


def painted(one: Picture, number: int, way: str, random: np.random.Generator) -> Points:
    """Strokes inside a region, of each class that shows enough, or of one that is found at a random pixel."""
    place: Place = one.seen.seen.regions.place(number, 0)
    crop = one.mask[place.top : place.bottom, place.left : place.right]
    wanted = [value for value in np.unique(crop) if np.count_nonzero(crop == value) >= SMALLEST_PIECE]
    labels = np.zeros_like(crop)
    for value in [random.choice(crop.ravel())] if way == "strokes" else wanted:
        room = distance_transform_edt(crop == value)
        radius = min(random.uniform(1.5, 3.5), float(room.max()) / 2)
        for point in painter._stroke(room, radius, random):
            painter._dab(labels, int(value) + 1, point, room, radius)
    return one.paint(labels, place.top, place.left)


def summarise(name: str, curves: dict[str, list[Curve]]) -> None:
    """IoU at some numbers of labelled pixels, and pixels needed for what the random ways come to."""
    grid = np.arange(2000, 12001, 2000)
    for way, some in curves.items():
        ious = np.array([np.interp(grid, *curve.T) for curve in some])
        cells = (f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(ious.mean(axis=0), ious.std(axis=0), strict=True))
        print(f"{name}, {way}, at {grid.tolist()} pixels: {', '.join(cells)}")
    for rival in {"strokes", "random regions"} & curves.keys():
        for pixels in (6000, 8000, 10000, 12000):
            wanted = float(np.mean([np.interp(pixels, *curve.T) for curve in curves[rival]]))
            needed = {way: pixels_for(wanted, some) for way, some in curves.items() if way != rival}
            told = ", ".join(f"{way} {count / pixels:.2f}" for way, count in needed.items())
            print(f"{name}: {rival} come to {wanted:.3f} with {pixels} pixels; share of these that is needed: {told}")


def pixels_for(wanted: float, curves: Sequence[Curve]) -> float:
    """From how many pixels on the mean of the curves is at least so good and stays so, but for 0.01; inf if never."""
    grid = np.arange(500, min(curve[-1, 0] for curve in curves), 50)
    mean = np.mean([np.interp(grid, *curve.T) for curve in curves], axis=0)
    lowest_after = np.minimum.accumulate(mean[::-1])[::-1]
    good = (mean >= wanted) & (lowest_after >= wanted - 0.01)
    return float(grid[good.argmax()]) if good.any() else float("inf")


if __name__ == "__main__":
    share_the_processor()
    main()
