"""*How good is it?*: the figures of the current run, errors on the micrograph, and the two long questions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPointF

from napari_csunet import ClassTable, TrainingConfig
from napari_csunet.inference.label_curve_reports import CurvePoint, LabelCurve
from napari_csunet.reports import ClassScore, Prediction, Scores, Spread
from napari_csunet.widgets.confusion_picture import CELL, NAMES, TOP, ConfusionPicture
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.label_curve_plot import LabelCurvePlot
from napari_csunet.widgets.models import finished_model, new_model_path
from napari_csunet.widgets.quality_words import judged_on
from napari_csunet.widgets.quality_work import errors_between
from napari_csunet.widgets.result_layers import show_prediction
from napari_csunet.widgets.runs import Run

Find = Callable[[Any, str], Any]
LONG = 60_000
CLASSES = ClassTable.from_names({1: "matrix", 2: "pore"})
NONE = (float("nan"), float("nan"))
SCORES = Scores(
    0.81,
    0.8,
    0.9,
    {"matrix": ClassScore(0.9, 0.95, 0.9, 1.0, 900), "pore": ClassScore(0.7, 0.82, 1.0, 0.7, 100)},
    ((900, 0), (30, 70)),
    Spread((0.75, 0.84), {"matrix": (0.85, 0.93), "pore": NONE}, {"matrix": (0.9, 0.96), "pore": NONE}, "regions", 12),
)


@pytest.fixture(autouse=True, scope="module")
def _engine() -> None:
    """Loaded as the window does it: without Triton."""
    deque(load("napari_csunet.checkpoint"), maxlen=0)


def run() -> Path:
    """A checkpoint of the micrograph "alloy", but for its tensors."""
    from napari_csunet.checkpoint import Checkpoint, Provenance
    from napari_csunet.config import ModelConfig
    from napari_csunet.training.kept_scores import metrics_of

    told = Provenance(
        model=ModelConfig(cnn_encoder="mobilenet_v2", class_count=2),
        classes=CLASSES,
        training=TrainingConfig(steps=2),
        label_sha256={"alloy": "0" * 64},
        metrics=metrics_of(SCORES, "held-out regions"),
    )
    return finished_model(Checkpoint(told, {}).save(new_model_path("alloy")))


def open_fold(qtbot: QtBot, fine_tune: FineTuneWidget, path: Path) -> None:
    fine_tune._runs.make_current(path)
    qtbot.waitUntil(lambda: not fine_tune._panel.quality.isHidden(), timeout=LONG)
    fine_tune._panel.quality.fold.setChecked(True)


def label(viewer: Viewer, name: str, values: Any) -> None:
    viewer.add_labels(values.copy(), name=f"{name}_labels")


def test_the_fold_shows_the_figures_of_the_run_that_is_made_current(
    qtbot: QtBot, layer: Any, fine_tune: FineTuneWidget, child: Find
) -> None:
    assert fine_tune._panel.quality.isHidden()
    open_fold(qtbot, fine_tune, run())
    table = child(fine_tune, "quality_table")
    texts = [[table.item(row, column).text() for column in range(5)] for row in range(3)]
    assert texts == [
        ["matrix", "0.90", "0.95", "0.85–0.93", "900"],
        ["pore", "0.70", "0.82", "–", "100"],
        ["mean", "0.80", "", "0.75–0.84", "1\u202f000"],
    ]
    assert "Judged on held-out regions: 1,000 pixels in 12 regions." in child(fine_tune, "quality_label").text()


@pytest.mark.parametrize(("iou", "told"), [(None, "not judged"), (0.8, "mean IoU of 0.80 is known")])
def test_a_run_without_figures_says_why(iou: float | None, told: str) -> None:
    assert told in judged_on(Run(Path("a"), mean_iou=iou))


def test_the_confusion_tells_what_was_taken_for_what(qtbot: QtBot) -> None:
    picture = ConfusionPicture()
    qtbot.addWidget(picture)
    picture.resize(NAMES + 200, 100)
    picture.set_scores(SCORES)
    cells = [picture.told_at(QPointF(NAMES + x, TOP + 1.5 * CELL)) for x in (50, 150, -50)]
    assert cells[:2] == [
        "30.0 % of the pixels of pore were taken for matrix (30).",
        "70.0 % of the pixels of pore were right (70).",
    ]
    assert cells[2] == ""
    grabbed = picture.grab().toImage()
    wrong, right = (grabbed.pixelColor(NAMES + x, int(TOP + 1.2 * CELL)) for x in (20, 120))
    assert wrong.red() > wrong.blue()
    assert right.blue() > right.red()


def test_errors_are_marked_in_place_of_labels_and_mask(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, mask: Any, strokes: Any, child: Find
) -> None:
    label(viewer, "alloy", strokes)
    wrong = mask.copy()
    wrong[16] = 1
    show_prediction(viewer, layer, Prediction("alloy", wrong), CLASSES)
    open_fold(qtbot, fine_tune, run())
    button = child(fine_tune, "show_errors_button")
    button.click()
    qtbot.waitUntil(lambda: button.text() == "Hide errors", timeout=5000)
    errors = viewer.layers["alloy · errors"]
    np.testing.assert_array_equal(errors.data, np.where(strokes != wrong, strokes, 0))
    np.testing.assert_allclose(errors.translate, layer.translate)
    told = child(fine_tune, "errors_label").text()
    assert f"At {np.count_nonzero(errors.data)} of 192 labelled pixels" in told
    assert "too kind" in told
    assert not viewer.layers["alloy · mask"].visible
    button.click()
    assert (errors.visible, viewer.layers["alloy · mask"].visible) == (False, True)
    button.click()
    qtbot.waitUntil(lambda: errors.visible, timeout=5000)
    show_prediction(viewer, layer, Prediction("alloy", mask), CLASSES)  # what was marked is no longer true
    assert (errors.visible, button.text()) == (False, "Show errors")


def test_errors_are_those_of_classes_of_the_same_name_not_of_the_same_value() -> None:
    labels, mask = np.array([[1, 2, 0], [2, 1, 2]]), np.array([[0, 1, 1], [0, 0, 9]])
    from_zero = ClassTable.from_names({0: "matrix", 1: "pore"})
    (found,) = errors_between(labels, mask, CLASSES, from_zero)
    assert (found.judged, found.wrong, found.values.tolist()) == (4, 1, [[0, 0, 0], [2, 0, 0]])


@pytest.mark.slow
def test_the_long_questions_need_two_labelled_micrographs_and_keep_trainings_away(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, strokes: Any, child: Find, stubborn: Any
) -> None:
    questions = [child(fine_tune, name) for name in ("leave_one_out_button", "one_more_button")]
    label(viewer, "alloy", strokes)
    qtbot.waitUntil(child(fine_tune, "fine_tune_button").isEnabled, timeout=5000)
    assert not any(button.isEnabled() for button in questions)
    assert "two labelled micrographs" in child(fine_tune, "quality_hint_label").text()
    viewer.add_image(layer.data, name="other")
    label(viewer, "other", strokes)
    qtbot.waitUntil(lambda: all(button.isEnabled() for button in questions), timeout=5000)
    assert questions[0].text() == "Leave one out (2 trainings of 2 steps each)"
    fine_tune._quality._leave_out.start(stubborn)
    fine_tune._quality.busy_changed.emit(True)
    assert [button.isEnabled() for button in questions] == [True, False]
    assert not child(fine_tune, "fine_tune_button").isEnabled()
    questions[0].click()
    assert questions[0].text() == "Stopping…"
    stubborn.release()
    qtbot.waitUntil(child(fine_tune, "fine_tune_button").isEnabled, timeout=5000)


def ask(qtbot: QtBot, fine_tune: FineTuneWidget, button: Any) -> None:
    """Clicks and waits for the answer."""
    qtbot.waitUntil(button.isEnabled, timeout=LONG)
    title = button.text()
    button.click()
    assert button.text() == "Stop"
    qtbot.waitUntil(lambda: not any(one.is_running for one in fine_tune._quality.backgrounds), timeout=3 * LONG)
    assert button.text() == title


@pytest.fixture
def two_labelled(viewer: Viewer, layer: Any, strokes: Any) -> None:
    viewer.add_image(layer.data + 1, name="other")
    for name in ("alloy", "other"):
        label(viewer, name, strokes)


@pytest.mark.slow
def test_leaving_one_out_fills_a_table(
    qtbot: QtBot, small_network: None, fine_tune: FineTuneWidget, two_labelled: None, child: Find
) -> None:
    ask(qtbot, fine_tune, child(fine_tune, "leave_one_out_button"))
    table = child(fine_tune, "leave_one_out_table")
    assert [table.item(row, 0).text() for row in range(3)] == ["alloy", "other", "mean ± spread"]
    assert "over 2 micrographs" in child(fine_tune, "leave_one_out_label").text()
    assert not list((Path.home() / "napari-csunet").rglob("*.safetensors"))


@pytest.mark.slow
def test_whether_one_more_would_help_is_drawn_and_told(
    qtbot: QtBot, fine_tune: FineTuneWidget, two_labelled: None, child: Find
) -> None:
    ask(qtbot, fine_tune, child(fine_tune, "one_more_button"))
    assert not child(fine_tune, "label_curve").isHidden()
    assert "With 1 micrograph" in child(fine_tune, "one_more_label").text()


def test_the_curve_is_drawn(qtbot: QtBot) -> None:
    plot = LabelCurvePlot()
    qtbot.addWidget(plot)
    plot.resize(300, 110)
    empty = plot.grab().toImage()
    plot.show_curve(LabelCurve((CurvePoint(1, 0.5), CurvePoint(2, 0.9)), 3))
    assert plot.grab().toImage() != empty
