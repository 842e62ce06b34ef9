"""A whole project is predicted: open micrographs as layers, closed ones into its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.model.zoo import build_model
from napari_csunet.project.predicted_masks import Settled
from napari_csunet.reports import PredictionReport, Progress
from napari_csunet.widgets.models import SUFFIX
from napari_csunet.widgets.predict import PredictWidget
from napari_csunet.widgets.project import ProjectWidget
from napari_csunet.widgets.project_prediction import one_after_the_other

TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), window=4)
Find = Callable[[Any, str], Any]


@pytest.fixture
def panel(viewer: Viewer) -> Iterator[ProjectWidget]:
    widget = ProjectWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Project (napari-csunet)", area="right")
    yield widget
    assert widget.close_background(10)


@pytest.fixture
def checkpoint(tmp_path: Path, classes: ClassTable) -> Path:
    provenance = Provenance(model=TINY, classes=classes, training=TrainingConfig())
    return Checkpoint(provenance, copied_state(build_model(TINY))).save(tmp_path / f"alloy{SUFFIX}")


def test_progress_goes_on_from_open_micrographs_to_closed_ones() -> None:
    opened = [PredictionReport(Progress(done, 10, 0, 0), "a") for done in (5, 10)]
    closed = [report for key in "bc" for report in (PredictionReport(Progress(1, 2, 0, 0), key), settled(key))]
    shares = [report.progress.share for report in one_after_the_other(opened, 2, closed, 4)]
    assert shares == [0.25, 0.5, 0.625, 0.75, 0.875, 1.0]


def settled(key: str) -> Settled:
    return Settled(Progress(1, 1, 0, 0), key)


@pytest.mark.slow
def test_all_micrographs_of_a_project_are_predicted_though_one_is_open(
    qtbot: QtBot,
    viewer: Viewer,
    panel: ProjectWidget,
    predict: PredictWidget,
    child: Find,
    images: Path,
    checkpoint: Path,
) -> None:
    radio = child(predict, "on_project_radio")
    assert not radio.isVisibleTo(predict)
    panel.open_path(images)
    qtbot.waitUntil(lambda: "spot 0" in viewer.layers, timeout=10_000)
    predict.select_model(checkpoint)
    radio.click()
    child(predict, "predict_button").click()
    qtbot.waitUntil(lambda: "Done: 3 masks of closed micrographs" in said(predict, child), timeout=60_000)
    project = panel.project
    assert project is not None
    qtbot.waitUntil(lambda: all(map(project.is_predicted, project.keys)), timeout=10_000)
    assert "spot 0 · mask" in viewer.layers
    assert "spot 1" not in viewer.layers
    assert "spot 3\ntrain · no labels\npredicted · unsure" in child(panel, "project_list").item(3).text()


def said(predict: PredictWidget, child: Find) -> str:
    return str(child(predict, "predict_status_label").text())
