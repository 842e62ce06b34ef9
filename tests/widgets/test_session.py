"""The whole loop in a real viewer: paint, fine-tune, predict, correct, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tifffile
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_csunet import PixelSize, load_checkpoint
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.micrographs.writing import read_class_table
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.models import known_models
from napari_csunet.widgets.predict import PredictWidget

Find = Callable[[Any, str], Any]
LONG = 60_000


def click(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def paint(qtbot: QtBot, fine_tune: FineTuneWidget, child: Find, layer: Any, strokes: npt.NDArray[np.uint8]) -> Any:
    """Makes labels by a click and paints them, one class by its brush."""
    click(qtbot, child(fine_tune, "new_labels_button"))
    labels = fine_tune._viewer.layers[f"{layer.name} · labels"]
    labels.paint((40, 70), 1)
    labels.data = np.where(strokes > 0, strokes, labels.data)
    qtbot.waitUntil(child(fine_tune, "fine_tune_button").isEnabled, timeout=5000)
    return labels


def train(qtbot: QtBot, fine_tune: FineTuneWidget, child: Find) -> None:
    click(qtbot, child(fine_tune, "fine_tune_button"))
    qtbot.waitUntil(lambda: not fine_tune.is_training, timeout=LONG)


def test_painting_training_predicting_and_exporting(
    qtbot: QtBot,
    viewer: Viewer,
    predict: PredictWidget,
    fine_tune: FineTuneWidget,
    layer: Any,
    strokes: npt.NDArray[np.uint8],
    child: Find,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paint(qtbot, fine_tune, child, layer, strokes)
    train(qtbot, fine_tune, child)
    (checkpoint,) = known_models()
    assert child(fine_tune, "checkpoint_label").text() == str(checkpoint)
    assert load_checkpoint(checkpoint).provenance.pixel_size_nm == (12.5, 12.5)
    assert child(predict, "model_combo").path() == checkpoint

    qtbot.waitUntil(lambda: child(predict, "model_label").text().startswith("2 classes"), timeout=LONG)
    click(qtbot, child(predict, "predict_button"))
    qtbot.waitUntil(lambda: "alloy · mask" in viewer.layers and not predict.is_predicting, timeout=LONG)
    mask = viewer.layers["alloy · mask"]
    assert mask.data.shape == layer.data.shape
    assert set(np.unique(mask.data)) <= {1, 2}
    np.testing.assert_allclose([mask.scale, mask.translate], [layer.scale, layer.translate])
    names = ["alloy", "alloy · unsure", "alloy · mask", "alloy · preview", "alloy · instant", "alloy · labels"]
    assert [one.name for one in viewer.layers] == names
    assert " % sure" in mask.get_status(mask.data_to_world((5, 5)), world=True)["value"]

    click(qtbot, child(predict, "predict_button"))
    qtbot.waitUntil(lambda: not predict.is_predicting, timeout=LONG)
    assert sum(one.name.startswith("alloy · mask") for one in viewer.layers) == 1

    mask.paint((20, 20), 2)
    corrected = mask.data.copy()
    click(qtbot, child(predict, "predict_button"))
    predict.predict_all()
    qtbot.waitUntil(lambda: predict._wanted is None and not predict.is_predicting, timeout=LONG)
    assert (viewer.layers["alloy · mask, corrected"].data == corrected).all()
    viewer.layers.remove("alloy · mask, corrected")
    mask = viewer.layers["alloy · mask"]

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "out"))
    for _ in range(2):
        click(qtbot, child(predict, "export_button"))
        qtbot.waitUntil(lambda: not predict._export.is_running, timeout=LONG)
    assert (tifffile.imread(tmp_path / "out" / "alloy_mask.tif") == mask.data).all()
    assert read_micrograph(tmp_path / "out" / "alloy_mask.tif").pixel_size == PixelSize(12.5, 12.5)
    assert read_class_table(tmp_path / "out" / "alloy_mask.tif").class_names == ("class 1", "class 2")
    assert (tmp_path / "out" / "alloy_mask-2.tif").is_file()
    table = pd.read_csv(tmp_path / "out" / "area_fractions.csv")
    assert abs(table["area_fraction"].sum() - 1) < 1e-6


@pytest.mark.slow
def test_stopping_before_the_first_validation_keeps_what_was_learnt(
    qtbot: QtBot,
    predict: PredictWidget,
    fine_tune: FineTuneWidget,
    layer: Any,
    strokes: npt.NDArray[np.uint8],
    child: Find,
) -> None:
    paint(qtbot, fine_tune, child, layer, strokes)
    fine_tune.form.set_value(fine_tune.form.value().model_copy(update={"steps": 10_000}))
    click(qtbot, child(fine_tune, "fine_tune_button"))
    qtbot.waitUntil(lambda: bool(fine_tune._panel.curve._loss), timeout=LONG)
    click(qtbot, child(fine_tune, "stop_button"))
    qtbot.waitUntil(lambda: not fine_tune.is_training, timeout=LONG)
    (checkpoint,) = known_models()
    assert child(fine_tune, "checkpoint_label").text() == str(checkpoint)
    assert child(predict, "model_combo").path() == checkpoint
    assert child(fine_tune, "status_label").text() == "Stopped. The best state so far is kept."


def test_closing_the_dock_during_a_run_leaves_no_thread(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, strokes: npt.NDArray[np.uint8], child: Find
) -> None:
    paint(qtbot, fine_tune, child, layer, strokes)
    fine_tune.form.set_value(fine_tune.form.value().model_copy(update={"steps": 10_000}))
    click(qtbot, child(fine_tune, "fine_tune_button"))
    qtbot.waitUntil(lambda: child(fine_tune, "progress_bar").maximum() > 0, timeout=LONG)
    viewer.window.remove_dock_widget(fine_tune)
    qtbot.waitUntil(lambda: not fine_tune.is_training, timeout=LONG)
    fine_tune.deleteLater()


@pytest.mark.slow
def test_the_preview_of_what_is_on_screen_appears_while_training_and_stays(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, strokes: npt.NDArray[np.uint8], child: Find
) -> None:
    paint(qtbot, fine_tune, child, layer, strokes)
    fine_tune.form.set_value(fine_tune.form.value().model_copy(update={"steps": 10_000}))
    click(qtbot, child(fine_tune, "fine_tune_button"))
    name = "alloy · preview"
    qtbot.waitUntil(lambda: name in viewer.layers and bool(viewer.layers[name].data.any()), timeout=LONG)
    click(qtbot, child(fine_tune, "stop_button"))
    qtbot.waitUntil(lambda: not fine_tune.is_training, timeout=LONG)
    assert viewer.layers[name].visible
