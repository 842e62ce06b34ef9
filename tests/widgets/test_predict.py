from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from napari_csunet.widgets.predict import PredictWidget


def test_a_file_that_is_no_model_is_told_and_nothing_waits_for_it(
    qtbot: QtBot, predict: PredictWidget, layer: Any, child: Callable[[Any, str], Any], tmp_path: Path
) -> None:
    path = tmp_path / "notes.safetensors"
    path.write_text("no network")
    predict.select_model(path)
    predict.predict_all()
    qtbot.waitUntil(lambda: not predict._describing.is_running, timeout=60_000)
    assert predict._wanted is None
    assert "notes.safetensors" in child(predict, "model_label").text()
    assert child(predict, "predict_hint_label").text() == "Choose another model"
