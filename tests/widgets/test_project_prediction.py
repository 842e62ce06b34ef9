"""A whole project is predicted: open micrographs as layers, closed ones into its folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet import checkpoint as checkpoints
from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.config import ModelConfig, PredictionConfig, TrainingConfig
from napari_csunet.export.results import Origin, Result
from napari_csunet.micrographs.writing import write_mask
from napari_csunet.model.zoo import build_model
from napari_csunet.project.description import read_description
from napari_csunet.project.predicted_masks import Settled, closed_masks
from napari_csunet.reports import ModelFile, PredictionReport, Progress
from napari_csunet.widgets import adapting_work
from napari_csunet.widgets.adapting_work import read_to_adapt
from napari_csunet.widgets.engine import MicrographSource, predict_layers
from napari_csunet.widgets.layers import source_of
from napari_csunet.widgets.measure_results import with_origins
from napari_csunet.widgets.measure_sources import mask_sources
from napari_csunet.widgets.models import SUFFIX
from napari_csunet.widgets.predict import PredictWidget
from napari_csunet.widgets.predict_targets import Asked
from napari_csunet.widgets.prediction_run import PredictionRun
from napari_csunet.widgets.project import ProjectWidget
from napari_csunet.widgets.project_prediction import ClosedMicrographs, one_after_the_other
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.result_layers import show_prediction
from napari_csunet.widgets.wanted import Wanted

TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), window=4)
TILES = PredictionConfig(tile=64, overlap=32, device="cpu", precision="float32")
Find = Callable[[Any, str], Any]


@pytest.fixture
def checkpoint(tmp_path: Path, classes: ClassTable) -> Path:
    provenance = Provenance(model=TINY, classes=classes, training=TrainingConfig())
    return Checkpoint(provenance, copied_state(build_model(TINY))).save(tmp_path / f"alloy{SUFFIX}")


def test_progress_goes_on_from_open_micrographs_to_closed_ones() -> None:
    opened = [PredictionReport(Progress(done, 10, 0, 0), "a") for done in (5, 10)]
    closed = [report for key in "bc" for report in (PredictionReport(Progress(1, 2, 0, 0), key), settled(key))]
    shares = [report.progress.share for report in one_after_the_other(opened, 2, closed, 4)]
    assert shares == [0.25, 0.5, 0.625, 0.75, 0.875, 1.0]


def test_a_mask_that_was_written_before_stop_is_noted_though_its_report_comes_no_more(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, checkpoint: Path, classes: ClassTable
) -> None:
    write_mask(session.project.mask_path("spot 0"), np.ones((32, 48), np.uint8), classes)
    run, closed = PredictionRun(model), ClosedMicrographs.of(session, [])
    run.start(checkpoint, [], classes, Wanted(TILES), closed)
    end = time.monotonic() + 30
    while not closed.settled and time.monotonic() < end:
        time.sleep(0.1)  # the window hears of nothing
    with qtbot.waitSignal(run.ended, timeout=20_000):
        run.stop()
    assert run.ending == (
        "Stopped. The masks that were ready are kept. "
        "Earlier masks that may have been corrected are kept as spot 0_mask (aside).tif."
    )
    assert not closed_masks(session.project, lambda key: key != "spot 0")[0].may_be_corrected((32, 48))


def test_masks_name_their_model_to_the_report_also_when_they_are_opened_again(
    model: ViewerModel,
    session: ProjectSession,
    show: Callable[[ProjectSession, str], Any],
    checkpoint: Path,
    classes: ClassTable,
) -> None:
    show(session, "spot 0")
    opened = predict_layers(checkpoint, [source_of(model.layers["spot 0"])], TILES, probability=False, uncertainty=True)
    for report in (*opened, *ClosedMicrographs.of(session, [model.layers["spot 0"]]).predicted(checkpoint, TILES)):
        if isinstance(report, Settled):
            session.note_prediction(report.name, **report.changes)
        elif report.prediction is not None:
            show_prediction(model, model.layers["spot 0"], report.prediction, classes)
    show(session, "spot 1")
    assert session.save()
    session.project.change(micrographs=read_description(session.project.folder).micrographs)
    show(session, "spot 2")
    sources = mask_sources(model, [model.layers[f"spot {number} · mask"] for number in range(3)])
    results = with_origins([Result(one.name, one.values) for one in sources], sources)
    known = {result.origin.sha256 for result in results if result.origin and result.origin.provenance}
    assert known == {Origin.of(checkpoint).sha256}
    assert all(result.origin for result in results)
    assert session.project.entry("spot 0").model == ModelFile.of(checkpoint)


def test_if_no_picture_can_be_read_that_is_told_once_and_the_model_is_read_once(
    qtbot: QtBot,
    model: ViewerModel,
    session: ProjectSession,
    checkpoint: Path,
    classes: ClassTable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for key in session.project.keys:
        session.project.image_path(key).write_bytes(b"II*")
    loaded, load = [], checkpoints.load_checkpoint

    def noted(path: Path) -> Checkpoint:
        loaded.append(path)
        return load(path)

    monkeypatch.setattr(checkpoints, "load_checkpoint", noted)
    run = PredictionRun(model)
    with qtbot.waitSignal(run.ended, timeout=60_000):
        run.start(checkpoint, [], classes, Wanted(TILES, adapting_minutes=0.1), ClosedMicrographs.of(session, []))
    assert not run.has_failed
    assert run.ending.startswith("No mask was made. spot 0 is left out: ")
    assert [run.ending.count(f"{key} is left out") for key in session.project.keys] == [1, 1, 1, 0]
    assert run.ending.endswith("(And 1 more like these.)")
    assert loaded == [checkpoint]


def test_closed_micrographs_are_adapted_to_as_far_as_they_can_be_read(
    session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting_work, "MOST_READ", 3)
    session.project.image_path("spot 1").write_bytes(b"II*")
    places = closed_masks(session.project, lambda key: key == "spot 0")
    opened = MicrographSource("spot 0", np.zeros((32, 48)), False, None)
    told, read = run_to_end(read_to_adapt([opened], places))
    assert [one.name for one in read] == ["spot 0", "spot 2", "spot 3"]
    assert [report.message.split(":")[0] for report in told] == ["spot 1 is left out"]


def test_what_is_opened_or_closed_between_the_click_and_the_prediction_is_predicted_all_the_same(
    model: ViewerModel, session: ProjectSession, show: Callable[[ProjectSession, str], Any]
) -> None:
    for key in ("spot 0", "spot 1"):
        show(session, key)
    asked = Asked([model.layers["spot 0"], model.layers["spot 1"]], session)
    model.layers.remove("spot 1")
    show(session, "spot 2")
    layers, closed = asked.now(model)
    assert closed is not None
    assert [layer.name for layer in layers] == ["spot 0"]
    assert [place.key for place in closed.places] == ["spot 1", "spot 2", "spot 3"]


def run_to_end(work: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    """What a generator yields and what it returns."""
    yielded = []
    while True:
        try:
            yielded.append(next(work))
        except StopIteration as end:
            return yielded, end.value


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
