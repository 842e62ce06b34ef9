"""The pictures of README.md and docs/first-masks.md, the animated one too, from the real program on its sample.

HOME=$(mktemp -d) sh scripts/with-display.sh .venv/bin/python docs/make_tour.py --minutes 2

Opens the sample, paints its strokes one by one, trains, predicts, exports, asks how good it is and measures, and takes
pictures on the way. With a home of its own, neither your settings nor your models are in them. A quiet machine makes a
better network in the same time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QListWidget,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QToolButton,
    QWidget,
)
from scipy.ndimage import label
from window_pictures import PicturedWindow

from napari_csunet.threads import share_the_processor
from napari_csunet.widgets.layers import role_of

IMAGES = Path(__file__).parent / "images"
README_KB = 300
FRAMES_OF_TRAINING = 18
STROKES_A_CLASS = 5
SAMPLE_LAYERS = 6
"""Four micrographs, two of them with strokes."""


def main() -> None:
    """Writes tour.gif, fine_tune.png, predict.png and first-masks-*.png into docs/images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0, help="length of the training")
    parser.add_argument("--theme", default="dark", choices=["dark", "light"])
    parser.add_argument("--out", type=Path, default=IMAGES)
    options = parser.parse_args()
    share_the_processor()
    options.out.mkdir(parents=True, exist_ok=True)
    window = PicturedWindow(options.out, options.theme)
    paint(window)
    train(window, options.minutes)
    predict(window)
    window.animate("tour.gif")
    how_good(window)
    label_next(window)
    correct(window)
    measure(window)
    window.viewer.close()


def paint(window: PicturedWindow) -> None:
    """Opens the sample, takes its strokes away and paints those of the first micrograph one after the other."""
    window.click("open_sample_button")
    window.wait_until(lambda: len(window.viewer.layers) >= SAMPLE_LAYERS, "sample")
    window.wait(2)
    window.tutorial("sample")
    kept = {layer: layer.data.copy() for layer in window.viewer.layers if role_of(layer) == "labels"}
    for layer in kept:
        layer.data = np.zeros_like(layer.data)
    window.say("1   Paint a few strokes of each class")
    window.wait(3)
    window.frame(1500)
    first = next(iter(kept))
    for number, (places, value) in enumerate(strokes_of(kept[first])):
        if number == 2 * STROKES_A_CLASS:
            window.wait(4)
            window.tutorial("checks", window.child("check_list", QWidget))
        first.data_setitem(places, value)
        window.wait(0.2)
        window.frame(330)
    window.say("After each stroke there is an instant answer")
    window.wait_until(lambda: is_answered(window, len(np.unique(kept[first])) - 1), "instant answer of all classes")
    window.wait(1)
    window.frame(2500)
    window.tutorial("strokes")
    for layer in kept:
        layer.data = kept[layer]
    window.wait(6)


def strokes_of(labels: npt.NDArray[Any]) -> Iterator[tuple[tuple[npt.NDArray[np.intp], ...], int]]:
    """Places and value of some strokes at a time, class after class."""
    for value in np.unique(labels[labels > 0]):
        strokes, count = label(labels == value)
        for group in np.array_split(np.arange(1, count + 1), STROKES_A_CLASS):
            yield np.nonzero(np.isin(strokes, group)), int(value)


def is_answered(window: PicturedWindow, classes: int) -> bool:
    """Whether the instant answer has come, with so many classes."""
    overlays = [layer for layer in window.viewer.layers if role_of(layer) == "instant"]
    return any(len(np.unique(overlay.data[overlay.data > 0])) >= classes for overlay in overlays)


def train(window: PicturedWindow, minutes: float) -> None:
    """Takes a frame whenever the training is one part further, however long that takes."""
    window.say("2   Fine-tune, and watch what it learns")
    window.child("minutes_spin", QDoubleSpinBox).setValue(minutes)
    start, curve = window.child("fine_tune_button"), window.child("learning_curve", QWidget)
    bar = window.child("progress_bar", QProgressBar)
    window.click("fine_tune_button")
    for part in range(FRAMES_OF_TRAINING):
        further = partial(_is_further, start, bar, 1000 * part // FRAMES_OF_TRAINING)
        window.wait_until(further, "progress")
        if start.isEnabled():
            break
        window.scroll_to(curve)
        window.frame(450)
        if part == FRAMES_OF_TRAINING * 2 // 3:
            window.tutorial("training", curve)
    window.wait_until(start.isEnabled, "end of the training")
    window.wait(6)
    window.scroll_to(curve)
    window.say("It says how good it is")
    window.frame(2500)
    window.still("fine_tune.png", limit_kb=README_KB, seen=window.child("next_step_button"))


def _is_further(start: QPushButton, bar: QProgressBar, than: int) -> bool:
    """Or over."""
    return bool(start.isEnabled() or bar.value() > than)


def predict(window: PicturedWindow) -> None:
    """Of all micrographs, and writes the masks into a folder that is gone afterwards."""
    window.say("3   Predict all micrographs")
    window.click("next_step_button")
    export = window.child("export_button")
    window.wait_until(lambda: export.isEnabled() and "4" in export.text(), "four masks")
    window.wait(3)
    window.scroll_to(export)
    for number in (2, 3, 4, 1):
        show(window, f"superalloy_{number}")
        window.frame(1200)
    window.still("predict.png", limit_kb=README_KB, seen=export)
    window.say("4   Export masks and numbers")
    with TemporaryDirectory(prefix="masks-") as folder:
        window.choose_folder_when_asked(Path(folder))
        window.click("export_button")
        window.wait_until(lambda: export.isEnabled() and any(Path(folder).glob("*.csv")), "exported masks")
        window.wait(1)
        window.frame(3500)
    unsure = window.viewer.layers["superalloy_1 · unsure"]
    unsure.visible = True
    window.tutorial("predict", export)
    unsure.visible = False


def show(window: PicturedWindow, name: str) -> None:
    """A micrograph and its mask."""
    for layer in window.viewer.layers:
        layer.visible = layer.name in (name, f"{name} · mask")
    window.viewer.layers.selection.active = window.viewer.layers[f"{name} · mask"]
    window.wait(0.5)


def how_good(window: PicturedWindow) -> None:
    window.raise_panel("fine_tune_button")
    window.click("quality_fold", QToolButton)
    window.click("show_errors_button")
    window.wait(4)
    window.tutorial("quality", window.child("one_more_button"))
    window.click("show_errors_button")


def label_next(window: PicturedWindow) -> None:
    window.click("label_next_fold_button", QToolButton)
    window.click("uncertainty_map_check", QCheckBox)
    window.click("label_next_button")
    found, suggest = window.child("label_next_list", QListWidget), window.child("label_next_button")
    window.wait_until(lambda: found.count() > 0 and suggest.text() == "Suggest", "suggestion by the network")
    window.click("go_there_button")
    for layer in [one for one in window.viewer.layers if role_of(one) == "mask"]:
        layer.visible = False
    window.wait(2)
    window.tutorial("label-next", found, reset=False)
    window.click("uncertainty_map_check", QCheckBox)


def correct(window: PicturedWindow) -> None:
    """With the magic wand, that of the second class, clicked in the middle of the picture."""
    window.raise_panel("export_button")
    show(window, "superalloy_2")
    window.viewer.layers["superalloy_2 · labels"].selected_label = 2
    window.click("correct_button", QToolButton)
    window.click("magic_wand_button")
    canvas = window.viewer.window._qt_viewer.canvas.native
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    click: Any = QTest.mouseClick  # its stub takes the class for an argument
    click(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    window.wait(3)
    window.tutorial("correct", window.child("magic_wand_button"))


def measure(window: PicturedWindow) -> None:
    window.dock("Measure")
    window.wait(3)
    window.click("measure_button")
    tabs, plot = window.child("measure_tabs", QTabWidget), window.child("measure_plot", QWidget)
    window.wait_until(tabs.isVisible, "measurement")
    tabs.setCurrentIndex(tabs.count() - 1)
    window.wait(4)
    window.tutorial("measure", plot)


if __name__ == "__main__":
    main()
