"""The warning before masks of a foreign micrograph are used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable, TrainingConfig
from napari_csunet.checkpoint import Checkpoint, Provenance
from napari_csunet.config import ModelConfig
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.foreign_check import ForeignCheck
from napari_csunet.widgets.predict import PredictWidget


def model(path: Path, *learnt_from: str) -> Path:
    classes = ClassTable.parse("1=dark,2=bright")
    config = ModelConfig(cnn_encoder="resnet18", class_count=2)
    hashes = dict.fromkeys(learnt_from, "0")
    provenance = Provenance(model=config, classes=classes, training=TrainingConfig(), label_sha256=hashes)
    return Checkpoint(provenance, {}).save(path / "alloy.safetensors")


def halves(seed: int) -> Any:
    noise = np.random.default_rng(seed).normal(0, 0.2, (96, 128))
    return (noise + (np.arange(128) >= 64)).astype(np.float32)


@pytest.mark.slow
def test_a_predicted_micrograph_unlike_the_training_material_is_warned_of(qtbot: QtBot, tmp_path: Path) -> None:
    stripes = np.sin(np.arange(128) * 1.5).astype(np.float32) * np.ones((96, 1), np.float32)
    learnt, like = Image(halves(0), name="alloy"), Image(halves(1), name="like it")
    unlike, warnings = Image(stripes, name="stripes"), list[str]()
    check = ForeignCheck()
    check.warned.connect(warnings.append)
    check.look(model(tmp_path, "alloy"), [like, unlike], [learnt, like, unlike], None)
    qtbot.waitUntil(lambda: bool(warnings), timeout=60_000)
    assert warnings[0].startswith("stripes looks different from every labelled micrograph")
    assert "like it" not in warnings[0]
    assert end_all((check.background,), 60)


def test_without_the_training_material_nothing_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    layer, check = Image(halves(0), name="alloy"), ForeignCheck()
    with qtbot.assertNotEmitted(check.failed), qtbot.waitSignal(check.warned, timeout=60_000) as warned:
        check.look(model(tmp_path, "another"), [layer], [layer], None)
    assert warned.args == [""]
    assert end_all((check.background,), 60)


def test_an_error_is_not_wiped_away_by_an_empty_warning(qtbot: QtBot, tmp_path: Path) -> None:
    check = ForeignCheck()
    with qtbot.assertNotEmitted(check.warned), qtbot.waitSignal(check.failed, timeout=60_000):
        check.look(tmp_path / "gone.safetensors", [], [], None)
        qtbot.waitUntil(lambda: not check.background.is_running, timeout=60_000)


def test_what_is_wanted_while_a_thread_still_ends_is_looked_at_after_it(
    qtbot: QtBot, tmp_path: Path, stubborn: Any
) -> None:
    check, warnings = ForeignCheck(), list[str]()
    check.warned.connect(warnings.append)
    stubborn.start_in(check.background)
    check.look(tmp_path / "gone.safetensors", [], [], None)
    with qtbot.waitSignal(check.failed, timeout=60_000):
        stubborn.release()
    assert warnings == []
    assert end_all((check.background,), 60)


def test_a_pause_puts_it_off_and_a_stop_calls_it_off(qtbot: QtBot, tmp_path: Path) -> None:
    layer, check = Image(halves(0), name="alloy"), ForeignCheck()
    path = model(tmp_path, "another")
    check.look(path, [layer], [layer], None)
    with qtbot.assertNotEmitted(check.warned):
        check.pause()
        qtbot.waitUntil(lambda: not check.background.is_running, timeout=60_000)
    with qtbot.waitSignal(check.warned, timeout=60_000):
        check.resume()
    check.look(path, [layer], [layer], None)
    with qtbot.assertNotEmitted(check.warned):
        check.stop()
        qtbot.waitUntil(lambda: not check.background.is_running, timeout=60_000)


def test_predict_compares_nothing_while_fine_tune_needs_the_processor(
    qtbot: QtBot, predict: PredictWidget, fine_tune: FineTuneWidget, tmp_path: Path
) -> None:
    check = predict._foreign
    fine_tune._quality.busy_changed.emit(True)
    check.look(tmp_path / "gone.safetensors", [], [], None)
    assert not check.background.is_running
    with qtbot.waitSignal(check.failed, timeout=60_000):
        fine_tune._quality.busy_changed.emit(False)
