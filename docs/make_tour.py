"""The pictures of the README, the animated one too, from the real program on its sample.

sh scripts/with-display.sh .venv/bin/python docs/make_tour.py --minutes 1.5

Opens the sample's micrographs in a window of 1280 × 720, paints its strokes one by one, trains, predicts, and takes a
picture now and then; a quiet machine makes a better network in the same time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import napari
import numpy as np
import numpy.typing as npt
from napari.layers import Labels
from napari.settings import get_settings
from PIL import Image
from qtpy.QtWidgets import QApplication, QDoubleSpinBox, QPushButton, QWidget
from scipy.ndimage import label

from napari_csunet.micrographs.reading import read_labels
from napari_csunet.samples import sample_files
from napari_csunet.threads import share_the_processor

IMAGES = Path(__file__).parent / "images"
SIZE = (1280, 720)
ANIMATED_SIZE = (800, 450)
COLOURS = 96
PATIENCE_S = 120.0


class Tour:
    """A window, and the frames (picture, milliseconds) that were taken of it."""

    def __init__(self, theme: str) -> None:
        get_settings().appearance.theme = theme
        self.viewer = napari.Viewer()
        self.window = self.viewer.window._qt_window
        self.window.resize(*SIZE)
        _, self.panel = self.viewer.window.add_plugin_dock_widget("napari-csunet", "Fine-tune")
        self.frames: list[tuple[Image.Image, int]] = []

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)

    def wait_until(self, is_so: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end:
                raise SystemExit("The window did not get as far as it should. Is the machine busy?")
            self.wait(0.1)

    def child(self, name: str, kind: type[QWidget] = QPushButton) -> Any:
        found = self.window.findChild(kind, name)
        if found is None:
            raise SystemExit(f"The window has no {name}.")
        return found

    def picture(self) -> Image.Image:
        return Image.fromarray(self.viewer.window.screenshot(canvas_only=False, flash=False)[..., :3])

    def take(self, milliseconds: int) -> None:
        small = self.picture().resize(ANIMATED_SIZE, Image.Resampling.LANCZOS)
        self.frames.append((small.quantize(COLOURS, dither=Image.Dither.NONE), milliseconds))

    def save(self, path: Path) -> None:
        pictures, durations = zip(*self.frames, strict=True)
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=True)


def main() -> None:
    """Writes docs/images/tour.gif, fine_tune.png and predict.png."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--theme", default="dark", choices=["dark", "light"])
    options = parser.parse_args()
    share_the_processor()
    tour = Tour(options.theme)
    paint(tour)
    train(tour, options.minutes)
    predict(tour)
    tour.save(IMAGES / "tour.gif")
    tour.viewer.close()


def paint(tour: Tour) -> None:
    """Opens two micrographs and paints the strokes of the sample, one after the other."""
    files = [(image, strokes) for image, _, strokes in sample_files("superalloy") if strokes is not None]
    for image, _ in files:
        tour.viewer.open(image, layer_type="image", plugin="napari")
    tour.viewer.layers[-1].visible = False
    tour.wait(2)
    tour.take(1200)
    for number, (image, strokes) in enumerate(files):
        shown = number == 0
        tour.child("micrograph_list", QWidget).setCurrentRow(number)
        tour.child("new_labels_button").click()
        tour.wait(1)
        layer = next(one for one in tour.viewer.layers if isinstance(one, Labels) and image.stem in one.name)
        for places, value in strokes_of(read_labels(strokes).squeeze()):
            layer.data_setitem(places, value)
            if shown:
                tour.wait(0.2)
                tour.take(160)
        layer.visible = shown
    tour.viewer.layers[files[0][0].stem].visible = True
    tour.wait(8)
    tour.take(1800)  # the instant answer


def strokes_of(labels: npt.NDArray[Any]) -> Iterator[tuple[tuple[npt.NDArray[np.intp], ...], int]]:
    """Places and value of each connected stroke, class after class; small ones of a class together."""
    for value in np.unique(labels[labels > 0]):
        strokes, count = label(labels == value)
        groups = np.array_split(np.arange(1, count + 1), min(count, 5))
        for group in groups:
            yield np.nonzero(np.isin(strokes, group)), int(value)


def train(tour: Tour, minutes: float) -> None:
    tour.child("minutes_spin", QDoubleSpinBox).setValue(minutes)
    start = tour.child("fine_tune_button")
    tour.wait_until(start.isEnabled)
    start.click()
    tour.wait(1)
    pictures = 0
    while not start.isEnabled():
        tour.wait(5)
        tour.take(350)
        pictures += 1
        if pictures == round(60 * minutes / 10):
            tour.picture().save(IMAGES / "fine_tune.png", optimize=True)
    tour.wait(4)
    tour.take(1500)


def predict(tour: Tour) -> None:
    tour.child("next_step_button").click()
    tour.wait(2)
    export = tour.child("export_button")
    tour.wait_until(lambda: export.isEnabled() and "2" in export.text())
    tour.wait(3)
    tour.take(2500)
    tour.picture().save(IMAGES / "predict.png", optimize=True)


if __name__ == "__main__":
    main()
