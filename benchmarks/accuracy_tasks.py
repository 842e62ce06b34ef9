"""The data sets and label kinds of ``accuracy.py``: which micrographs are labelled, how, and which ones judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.io import imread

from napari_csunet import ClassTable, read_labels
from napari_csunet.micrographs.pairing import find_files, pair_by_stem
from napari_csunet.training.synthesis.strokes import paint_strokes

Labels = npt.NDArray[Any]

CLASSES = {
    "superalloy": ClassTable.parse("0=matrix,1=secondary,2=tertiary"),
    "ebc": ClassTable.parse("0=background,1=oxide,2=crack"),
}
OVERLAY = {"superalloy": {(0, 0, 255): 1, (255, 0, 0): 2}, "ebc": {(0, 0, 255): 1, (255, 0, 0): 2}}
"""Colours of NASA's published overlay masks (Stuckner, Harder, Smith 2022), by class; anything else is class 0."""


@dataclass(frozen=True)
class Task:
    """What is labelled and what judges.

    published: folder of NASA's benchmark that holds this division of the data. labelled: stems of the training
    micrographs, empty for all. stroke_share: of the pixels, 0 for full masks. judged_by: part that judges whatever was
    asked for, empty for that.
    """

    data: str
    published: str
    labelled: tuple[str, ...] = ()
    stroke_share: float = 0.0
    judged_by: str = ""


SUPER_4 = ("spot6_0d_2", "spot6_180d_7", "spot7_0d_5", "spot7_180d_3")
EBC_4 = ("111418_4_1426_100Cyc0032", "032919_6_100cyc0007", "070516_1_S1160020", "122018_3_100cyc-1426C0017")
TASKS = {
    "superalloy 10": Task("superalloy", "Super1"),
    "superalloy 4": Task("superalloy", "Super2", SUPER_4),
    "superalloy 4, other alloys": Task("superalloy", "Super4", SUPER_4, judged_by="test"),
    "superalloy one-shot": Task("superalloy", "Super3", SUPER_4[3:]),
    "superalloy one-shot, 1 % strokes": Task("superalloy", "Super3", SUPER_4[3:], 0.01),
    "ebc all": Task("ebc", "EBC1"),
    "ebc 4": Task("ebc", "EBC2", EBC_4),
    "ebc one-shot": Task("ebc", "EBC1", EBC_4[:1]),
    "ebc 2, 1 % strokes": Task("ebc", "EBC1", EBC_4[:2], 0.01),
}
WHOLE_SETS = ("Super1", "EBC1")
"""Published folders with every training micrograph; the others hold those that their task labels."""
OTHER_SETS = ("superalloy 4, other alloys",)
"""Tasks that only the published benchmark has micrographs for."""


def pairs(data: Path, task: Task, part: str) -> list[tuple[Path, Path]]:
    """Micrographs and masks of a part ("train", "val" or "test"), in this repository's layout or in NASA's.

    Here: <data set>/<part>/images and masks. NASA: <published>/<part> and <part>_annot, masks as colour overlays.
    """
    part = part if part == "train" else task.judged_by or part
    folder = data / task.data / part
    images, masks = folder / "images", folder / "masks"
    is_published = not images.is_dir()
    if is_published:
        images, masks = data / task.published / part, data / task.published / f"{part}_annot"
    if not images.is_dir():
        raise SystemExit(f"{data} has neither {folder.relative_to(data)} nor {images.relative_to(data)}.")
    found = pair_by_stem(find_files([str(images)]), find_files([str(masks)]))
    if part != "train" or not task.labelled or (is_published and task.published not in WHOLE_SETS):
        return found
    chosen = [pair for pair in found if pair[0].stem.replace("#", "_") in task.labelled]
    if len(chosen) != len(task.labelled):
        raise SystemExit(f"{images} lacks some of {', '.join(task.labelled)}.")
    return chosen


def read_mask(path: Path, task: Task) -> Labels:
    """Class values (h, w) of a mask file, decoded from colours if it has them."""
    picture = imread(path)
    if picture.ndim == 2:
        return read_labels(path).squeeze()
    values = np.zeros(picture.shape[:2], np.uint8)
    for colour, value in OVERLAY[task.data].items():
        values[(picture[..., :3] == colour).all(axis=-1)] = value
    return values


def training_labels(masks: Sequence[Labels], task: Task, seed: int) -> tuple[list[Labels], ClassTable]:
    """What the simulated person gives: the masks, or strokes in which every class is a value above 0."""
    classes = CLASSES[task.data]
    if not task.stroke_share:
        return list(masks), classes
    random = np.random.default_rng(seed)
    raised = ClassTable.parse(",".join(f"{one.value + 1}={one.name}" for one in classes.classes))
    return [paint_strokes((mask + 1).astype(np.uint8), task.stroke_share, random) for mask in masks], raised
