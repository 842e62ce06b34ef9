"""Draws a contact sheet of docs/benchmarks.md: what a checkpoint sees in the micrographs that judge it.

    python docs/contact_sheet.py DATA "ebc 4" kept/FILE.csunet.safetensors docs/images/sheet-ebc.jpg

DATA as for benchmarks/accuracy.py, which keeps the checkpoints with ``--keep``. Each micrograph has a row: itself, the
truth, the prediction, the errors (in the colour of the true class) and how unsure the network is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from accuracy_tasks import CLASSES, TASKS, pairs, read_mask

from napari_csunet import ClassTable, load_checkpoint, predict, read_micrograph
from napari_csunet.classes import MicrographClass
from napari_csunet.inference.error_map import error_map
from napari_csunet.micrographs.normalisation import Normalisation

Picture = npt.NDArray[np.uint8]

SIDE, CAPTION = 232, 14
COLUMNS = ("micrograph", "truth", "prediction", "errors, true class", "unsure")
OPACITY = 0.5
GREYS = 4.0
"""Spreads of the intensity between black and white."""


def main() -> None:
    """Draws the sheet and writes it; as JPEG it stays small."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--part", default="val")
    options = parser.parse_args()
    task, checkpoint = TASKS[options.task], load_checkpoint(options.checkpoint)
    classes = CLASSES[task.data]
    rows = [line(COLUMNS)]
    for image, mask in pairs(options.data, task, options.part):
        prediction = predict(checkpoint, read_micrograph(image))
        found = classes.to_values(checkpoint.provenance.classes.to_indices(prediction.mask))
        rows.append(row(image, read_mask(mask, task), found, prediction.uncertainty, classes))
    rows.append(legend(classes))
    Image.fromarray(np.vstack(rows)).save(options.file, quality=85, optimize=True)


def row(
    image: Path,
    truth: npt.NDArray[np.integer],
    found: npt.NDArray[np.integer],
    unsure: npt.NDArray[Any] | None,
    classes: ClassTable,
) -> Picture:
    """The five pictures of a micrograph side by side (SIDE, 5 * SIDE, 3)."""
    grey = grey_of(image)
    wrong = error_map(truth, found, classes).values
    heat = np.zeros_like(grey) if unsure is None else as_grey(np.squeeze(unsure))
    everything, between_left_out = classes.classes, classes.classes[1:]
    pictures = [
        grey,
        coloured(grey, truth, between_left_out),
        coloured(grey, found, between_left_out),
        coloured(grey, wrong, everything),
        heat,
    ]
    return np.hstack([np.asarray(Image.fromarray(one).resize((SIDE, SIDE), Image.Resampling.BOX)) for one in pictures])


def grey_of(path: Path) -> Picture:
    """As the network sees it (h, w, 3)."""
    micrograph = read_micrograph(path)
    seen = Normalisation().fit(micrograph, 0).apply(micrograph.crop(0, slice(None), slice(None))).mean(axis=-1)
    return as_grey(seen / GREYS + 0.5)


def as_grey(values: npt.NDArray[Any]) -> Picture:
    """0 to 1 (h, w) as black to white (h, w, 3)."""
    return np.repeat((255 * np.clip(values, 0, 1)).astype(np.uint8)[..., None], 3, axis=-1)


def coloured(grey: Picture, values: npt.NDArray[np.integer], classes: Sequence[MicrographClass]) -> Picture:
    """Classes over the micrograph (h, w, 3)."""
    picture = grey.copy()
    for one in classes:
        where = np.squeeze(values) == one.value
        picture[where] = (1 - OPACITY) * picture[where] + OPACITY * rgb(one.colour)
    return picture


def rgb(colour: str) -> npt.NDArray[np.float64]:
    """Of #rrggbb."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def line(words: tuple[str, ...]) -> Picture:
    """A word above each column."""
    strip = Image.new("RGB", (SIDE * len(words), CAPTION), "white")
    for i, word in enumerate(words):
        ImageDraw.Draw(strip).text((2 + SIDE * i, 1), word, fill="black")
    return np.asarray(strip)


def legend(classes: ClassTable) -> Picture:
    """The colours of the classes."""
    strip = Image.new("RGB", (SIDE * len(COLUMNS), CAPTION), "white")
    draw, left = ImageDraw.Draw(strip), 4.0
    for one in classes.classes:
        draw.rectangle((left, 3, left + 8, 11), fill=one.colour)
        draw.text((left + 12, 1), one.name, fill="black")
        left += 28 + draw.textlength(one.name)
    return np.asarray(strip)


if __name__ == "__main__":
    main()
