from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable, Micrograph, TrainingConfig, fine_tune
from napari_csunet.checkpoint import Checkpoint, Provenance
from napari_csunet.config import AdaptingConfig, ModelConfig, PredictionConfig
from napari_csunet.inference.views import views_for
from napari_csunet.reports import PredictionReport, Progress
from napari_csunet.widgets.adapting_work import adapted_model_path
from napari_csunet.widgets.field_editors import limits
from napari_csunet.widgets.models import SUFFIX
from napari_csunet.widgets.predict import PredictWidget


def test_a_file_that_is_no_model_is_told_and_nothing_waits_for_it(
    qtbot: QtBot, predict: PredictWidget, layer: Any, child: Callable[[Any, str], Any], tmp_path: Path
) -> None:
    path = tmp_path / "notes.safetensors"
    path.write_text("no network")
    predict.select_model(path)
    predict.predict_all()
    qtbot.waitUntil(lambda: not predict._model.is_being_read, timeout=60_000)
    assert predict._wanted is None
    assert "notes.safetensors" in child(predict, "model_label").text()
    assert child(predict, "predict_hint_label").text() == "Choose another model"


def test_a_click_is_heard_while_the_model_is_being_read(
    qtbot: QtBot, predict: PredictWidget, layer: Any, child: Callable[[Any, str], Any], tmp_path: Path
) -> None:
    path = tmp_path / "notes.safetensors"
    path.write_text("no network")
    predict.select_model(path)
    child(predict, "predict_button").click()
    assert child(predict, "predict_status_label").text() == "Starting…"
    assert child(predict, "predict_stop_button").isEnabled()
    assert not child(predict, "predict_button").isEnabled()
    child(predict, "predict_stop_button").click()
    assert predict._wanted is None
    assert child(predict, "predict_progress_bar").isHidden()
    qtbot.waitUntil(lambda: not predict._model.is_being_read, timeout=60_000)


def test_the_device_is_chosen_under_more(predict: PredictWidget, child: Callable[[Any, str], Any]) -> None:
    combo = child(predict, "predict_device_combo")
    assert not combo.isVisibleTo(predict)
    child(predict, "predict_more_button").click()
    assert combo.isVisibleTo(predict)
    combo.set_devices((("cuda:0", "a card"), ("cpu", "the processor")))
    assert combo.value() == "auto"
    combo.setCurrentIndex(1)
    assert combo.value() == "cpu"


def test_a_run_tells_a_few_of_many_sentences_and_whether_pixel_sizes_are_matched_is_chosen_under_more(
    predict: PredictWidget, child: Callable[[Any, str], Any]
) -> None:
    box = child(predict, "match_pixel_size_check")
    assert box.isChecked()
    assert not box.isVisibleTo(predict)
    child(predict, "predict_more_button").click()
    assert box.isVisibleTo(predict)
    for number in range(5):
        predict._run._on_prediction_reported(PredictionReport(Progress(1, 1, 0, 0), "alloy", f"Sentence {number}."))
    assert predict._run.told == ["Sentence 0.", "Sentence 1.", "Sentence 2.", "(And 2 more like these.)"]


def test_a_micrograph_that_is_closed_while_the_model_is_read_is_not_waited_for(
    qtbot: QtBot,
    viewer: Viewer,
    predict: PredictWidget,
    layer: Any,
    child: Callable[[Any, str], Any],
    classes: ClassTable,
    tmp_path: Path,
) -> None:
    provenance = Provenance(model=ModelConfig(), classes=classes, training=TrainingConfig())
    predict.select_model(Checkpoint(provenance, {}).save(tmp_path / "a.safetensors"))
    child(predict, "predict_button").click()
    viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: not predict._model.is_being_read, timeout=60_000)
    viewer.add_image(layer.data, name="another")
    assert child(predict, "predict_progress_bar").isHidden()
    assert child(predict, "predict_button").isEnabled()
    assert not child(predict, "predict_stop_button").isEnabled()
    assert "were closed" in child(predict, "predict_status_label").text()


def test_closing_asks_every_thread_though_one_goes_on(predict: PredictWidget, stubborn: Any) -> None:
    jobs = (predict._run._prediction, predict._export.background)
    stubborn.start_in(*jobs)
    assert not predict.close_background(0.01)
    assert all(job._worker.abort_requested for job in jobs if job._worker)


def test_adapting_is_off_under_more_and_has_minutes_once_it_is_chosen(
    predict: PredictWidget, child: Callable[[Any, str], Any]
) -> None:
    box, minutes = child(predict, "adapt_first_check"), child(predict, "adapt_first_minutes_spin")
    child(predict, "predict_more_button").click()
    assert box.isVisibleTo(predict)
    assert not box.isChecked()
    assert not minutes.isEnabled()
    assert predict._panel.wanted().adapting_minutes is None
    box.click()
    assert minutes.isEnabled()
    field = AdaptingConfig.model_fields["minutes"]
    assert predict._panel.wanted().adapting_minutes == field.default
    assert (minutes.maximum(), minutes.toolTip()) == (limits(field)[1], field.description)


def test_the_panel_tells_of_views_what_the_settings_tell(
    predict: PredictWidget, child: Callable[[Any, str], Any]
) -> None:
    box = child(predict, "views_check")
    assert PredictionConfig.model_fields["test_time_augmentation"].description in box.toolTip()
    box.click()
    assert predict._panel.wanted().config.test_time_augmentation
    assert f"up to {len(views_for(TrainingConfig()))}×" in box.text()


def test_an_adapted_model_is_named_for_the_original_and_for_what_it_was_adapted_to(tmp_path: Path) -> None:
    original = tmp_path / "alloy 2026-11-20 14.02.csunet.safetensors"
    now = datetime(2026, 11, 21, 9, 5)
    assert adapted_model_path(original, 4, now).name == (
        "alloy adapted to 4 micrographs 2026-11-21 09.05.csunet.safetensors"
    )
    assert adapted_model_path(original, 1, now).name.startswith("alloy adapted to 1 micrograph 2026")


def test_the_working_directory_changes_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = tmp_path / "alloy 2026-11-20 14.02.csunet.safetensors"
    original.touch()
    monkeypatch.chdir(tmp_path)
    assert adapted_model_path(original, 4).name.startswith("alloy adapted to 4 micrographs")


def test_an_adapted_model_is_not_adapted_again(
    predict: PredictWidget, child: Callable[[Any, str], Any], tmp_path: Path
) -> None:
    box = child(predict, "adapt_first_check")
    box.setChecked(True)
    predict._run.adapted.emit(tmp_path / f"alloy adapted{SUFFIX}")
    assert not box.isChecked()


def test_who_stops_before_a_mask_is_there_is_not_told_of_masks(predict: PredictWidget) -> None:
    predict._run.stop()
    assert predict._run.ending == "Stopped. No mask was ready yet."


@pytest.mark.slow
def test_a_model_adapts_to_the_micrographs_is_shown_as_its_own_and_predicts_them(
    qtbot: QtBot, viewer: Viewer, predict: PredictWidget, layer: Any, child: Callable[[Any, str], Any], original: Path
) -> None:
    predict.select_model(original)
    child(predict, "adapt_first_check").click()
    child(predict, "adapt_first_minutes_spin").setValue(0.1)
    child(predict, "predict_button").click()
    qtbot.waitUntil(lambda: "alloy · mask" in viewer.layers, timeout=120_000)
    qtbot.waitUntil(lambda: not predict.is_predicting, timeout=60_000)
    assert "Adapted to 1 micrograph" in child(predict, "predict_status_label").text()
    assert predict._model.path is not None
    assert predict._model.path.name.startswith("alloy adapted to 1 micrograph")
    combo = child(predict, "model_combo")
    assert str(original) in [combo.itemData(index) for index in range(combo.count())]


@pytest.fixture
def original(small_network: None, micrograph: Micrograph, mask: Any, classes: ClassTable, tmp_path: Path) -> Path:
    """A network that has learnt to tell bright from dark."""
    config = TrainingConfig(
        steps=40, patch_size=64, batch_size=2, device="cpu", reduction=1, learning_rate=5e-3, averaging=0.8
    )
    path = tmp_path / f"alloy{SUFFIX}"
    list(fine_tune([micrograph], [mask], classes, config, out=path))
    return path
