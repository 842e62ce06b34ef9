from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QMessageBox, QTableWidget

from napari_csunet import ClassTable, TrainingConfig
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.models import finished_model, new_model_path
from napari_csunet.widgets.predict import PredictWidget

Find = Callable[[Any, str], Any]
LONG = 60_000
IOU = ({"matrix": 0.9, "pore": 0.5}, {"matrix": 0.8, "pore": 0.75})


def checkpoint(name: str, iou: dict[str, float], micrograph: str = "alloy") -> Path:
    """A file as a training of six seconds leaves it, but for the tensors."""
    deque(load("napari_csunet.checkpoint"), maxlen=0)  # as the window does it: without Triton
    from napari_csunet.checkpoint import Checkpoint, Provenance
    from napari_csunet.config import ModelConfig

    told = Provenance(
        model=ModelConfig(cnn_encoder="mobilenet_v2", class_count=2),
        classes=ClassTable.from_names({1: "matrix", 2: "pore"}),
        training=TrainingConfig(steps=2),
        label_sha256={micrograph: "0" * 64},
        history=({"step": 2, "seconds": 6.0, "loss": 1.0},),
        metrics={"mean_iou": sum(iou.values()) / len(iou), "iou": iou, "measured_on": "held-out regions"},
    )
    return finished_model(Checkpoint(told, {}).save(new_model_path(name)))


@pytest.fixture
def runs(layer: Any) -> list[Path]:
    """Two, the last one last."""
    return [checkpoint(f"alloy {number}", iou) for number, iou in enumerate(IOU)]


@pytest.fixture
def table(qtbot: QtBot, runs: list[Path], fine_tune: FineTuneWidget, child: Find) -> QTableWidget:
    """The history of ``runs``, unfolded."""
    child(fine_tune, "run_history_button").click()
    found: QTableWidget = child(fine_tune, "run_history_table")
    qtbot.waitUntil(lambda: found.rowCount() == len(runs), timeout=LONG)
    return found


def texts(table: QTableWidget) -> list[list[str]]:
    cells = [[table.item(row, column) for column in range(table.columnCount())] for row in range(table.rowCount())]
    return [[cell.text() if cell is not None else "" for cell in row] for row in cells]


def test_the_history_tells_what_each_run_brought(table: QTableWidget) -> None:
    (last, first) = texts(table)
    assert [last[0], last[1], *last[3:]] == ["●", "alloy 1", "0.1", "2", "0.78"]
    assert [first[0], first[1], *first[3:]] == ["", "alloy 0", "0.1", "2", "0.70"]


def test_two_runs_are_compared_class_by_class(table: QTableWidget, fine_tune: FineTuneWidget, child: Find) -> None:
    assert not child(fine_tune, "compare_runs_button").isEnabled()
    table.selectAll()
    child(fine_tune, "compare_runs_button").click()
    assert texts(child(fine_tune, "run_comparison_table")) == [
        ["matrix", "0.80", "0.90", "-0.10"],
        ["pore", "0.75", "0.50", "+0.25"],
        ["mean", "0.78", "0.70", "+0.08"],
    ]
    assert child(fine_tune, "run_comparison_label").text() == "Both were judged by the same labels."


def test_the_current_run_is_what_predict_has_chosen(
    predict: PredictWidget, table: QTableWidget, runs: list[Path], fine_tune: FineTuneWidget, child: Find
) -> None:
    table.selectRow(1)
    child(fine_tune, "make_current_button").click()
    assert child(predict, "model_combo").path() == runs[0]
    assert [row[0] for row in texts(table)] == ["", "●"]
    child(predict, "model_combo").setCurrentIndex(child(predict, "model_combo").findData(str(runs[1])))
    assert [row[0] for row in texts(table)] == ["●", ""]


def test_deleting_asks_and_moves_to_the_trash(
    qtbot: QtBot,
    table: QTableWidget,
    runs: list[Path],
    fine_tune: FineTuneWidget,
    child: Find,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    table.selectRow(0)
    for answer, left in ((QMessageBox.StandardButton.No, runs), (QMessageBox.StandardButton.Yes, runs[:1])):
        monkeypatch.setattr(QMessageBox, "question", lambda *_, answer=answer: answer)
        child(fine_tune, "delete_runs_button").click()
        assert [path for path in runs if path.exists()] == left
    qtbot.waitUntil(lambda: [row[1] for row in texts(table)] == ["alloy 0"], timeout=LONG)


def test_a_damaged_file_is_listed_and_can_only_be_deleted(
    qtbot: QtBot, table: QTableWidget, runs: list[Path], fine_tune: FineTuneWidget, child: Find
) -> None:
    runs[0].write_bytes(b"nothing of use")
    fine_tune._runs.look_up()
    qtbot.waitUntil(lambda: "unreadable" in [row[-1] for row in texts(table)], timeout=LONG)
    row = [row[-1] for row in texts(table)].index("unreadable")
    table.selectRow(row)
    enabled = [child(fine_tune, f"{name}_button").isEnabled() for name in ("make_current", "delete_runs")]
    assert enabled == [False, True]


def test_continue_takes_a_run_of_these_micrographs(
    qtbot: QtBot, table: QTableWidget, viewer: Viewer, fine_tune: FineTuneWidget, child: Find
) -> None:
    button = child(fine_tune, "continue_button")
    assert "Go on from alloy 1" in button.toolTip()
    assert not button.isEnabled()  # nothing is painted yet
    viewer.layers["alloy"].name = "something else"
    assert "no run of these micrographs" in button.toolTip()
    table.selectRow(1)
    child(fine_tune, "make_current_button").click()
    assert "Go on from alloy 0" in button.toolTip()


@pytest.mark.slow
def test_continue_goes_on_from_the_weights_of_the_run(
    qtbot: QtBot,
    small_network: None,
    viewer: Viewer,
    fine_tune: FineTuneWidget,
    layer: Any,
    strokes: Any,
    child: Find,
) -> None:
    viewer.add_labels(strokes, name="alloy_labels")
    saved = []
    for button, seed in (("fine_tune_button", 0), ("continue_button", 1)):
        update = {"seed": seed, "learning_rate": 1e-6, "averaging": 0.0}
        fine_tune.form.set_value(fine_tune.form.value().model_copy(update=update))
        qtbot.waitUntil(child(fine_tune, button).isEnabled, timeout=LONG)
        child(fine_tune, button).click()
        qtbot.waitUntil(lambda: not fine_tune.is_training, timeout=3 * LONG)
        from napari_csunet import load_checkpoint

        saved.append(load_checkpoint(fine_tune._training.run.saved).state)  # type: ignore[arg-type]
    weights = [name for name in saved[0] if name.endswith("weight")]
    assert max(float((saved[0][name] - saved[1][name]).abs().max()) for name in weights) < 1e-3
