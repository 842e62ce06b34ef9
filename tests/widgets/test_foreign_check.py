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
from napari_csunet.widgets.foreign_check import ForeignCheck


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
    with qtbot.waitSignal(check.warned, timeout=60_000) as warned:
        check.look(model(tmp_path, "another"), [layer], [layer], None)
    assert warned.args == [""]
    assert end_all((check.background,), 60)
