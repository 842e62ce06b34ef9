"""What is painted during a training reaches it, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_csunet import ClassTable
from napari_csunet.reports import Progress
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.fine_tune_training import told_to_wait
from napari_csunet.widgets.joining_strokes import JoiningStrokes
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.predicted import CORRECTED
from napari_csunet.widgets.result_layers import add_label_layer

CLASSES = ClassTable.parse("1=matrix,2=pore")
Find = Callable[[Any, str], Any]


@pytest.fixture
def layers(model: ViewerModel) -> list[Image]:
    added = [model.add_image(np.zeros((32, 32)), name=name) for name in ("steel", "brass")]
    for layer in added:
        add_label_layer(model, layer, CLASSES)
    return added


@pytest.fixture
def opened(model: ViewerModel, layers: list[Image]) -> OpenMicrographs:
    opened = OpenMicrographs(model, lambda: CLASSES)
    opened.refresh()
    return opened


def test_a_stroke_on_one_micrograph_hands_over_its_labels_alone(opened: OpenMicrographs, layers: list[Image]) -> None:
    joining = JoiningStrokes(opened, layers, {"steel": {1: 5, 2: 0}, "brass": {1: 7, 2: 0}})
    labels = opened.labels_of(layers[1])
    assert labels is not None
    labels.data[4:8, 4:8] = 2
    joining.refresh({"steel": {1: 5, 2: 0}, "brass": {1: 7, 2: 16}})
    joining.refresh({"steel": {1: 5, 2: 0}, "brass": {1: 7, 2: 16}})
    (change,) = joining.changes.take()
    labels.data[:] = 1
    assert change.micrograph == 1
    assert (change.labels == 2).sum() == 16


def test_a_micrograph_that_was_removed_or_lost_its_labels_hands_over_nothing(
    model: ViewerModel, opened: OpenMicrographs, layers: list[Image]
) -> None:
    joining = JoiningStrokes(opened, layers, {"steel": {1: 5}, "brass": {1: 7}})
    labels = opened.labels_of(layers[0])
    model.layers.remove(layers[1])
    model.layers.remove(labels)
    joining.refresh({"brass": {1: 9}})
    assert joining.changes.take() == []


def test_a_class_that_is_added_or_removed_meanwhile_hands_over_nothing_by_itself(
    opened: OpenMicrographs, layers: list[Image]
) -> None:
    joining = JoiningStrokes(opened, layers, {"steel": {1: 5, 2: 3}, "brass": {1: 7, 2: 0}})
    joining.refresh({"steel": {1: 5, 2: 3, 3: 0}, "brass": {1: 7, 2: 0, 3: 40}})
    joining.refresh({"steel": {1: 5}, "brass": {1: 7}})
    assert joining.changes.take() == []


def test_a_class_that_is_erased_meanwhile_is_handed_over(opened: OpenMicrographs, layers: list[Image]) -> None:
    joining = JoiningStrokes(opened, layers, {"steel": {1: 5, 2: 3}})
    joining.refresh({"steel": {1: 5, 2: 0}})
    (change,) = joining.changes.take()
    assert not (change.labels == 2).any()


def test_corrected_places_go_along(opened: OpenMicrographs, layers: list[Image]) -> None:
    labels = opened.labels_of(layers[0])
    assert labels is not None
    labels.data[:2] = 1
    labels.metadata = {**labels.metadata, CORRECTED: np.eye(32, dtype=bool)}
    joining = JoiningStrokes(opened, layers, {"brass": {1: 7, 2: 0}})
    joining.refresh({"steel": {1: 64, 2: 0}})
    (change,) = joining.changes.take()
    assert change.corrections is not None
    corrected = change.corrections(change.labels)
    assert corrected is not None
    assert np.argwhere(corrected).tolist() == [[0, 0], [1, 1]]


def test_a_class_that_is_new_waits_once_it_is_painted_on_a_micrograph_of_the_training(
    opened: OpenMicrographs, layers: list[Image]
) -> None:
    joining = JoiningStrokes(opened, layers[:1], {"steel": {1: 5, 2: 3}})
    assert joining.waiting({"steel": {1: 5, 2: 3, 3: 0}, "brass": {1: 0, 2: 0, 3: 8}}) == []
    assert joining.waiting({"steel": {1: 5, 2: 3, 3: 40}}) == [3]


def test_that_a_class_waits_is_told_with_what_to_do() -> None:
    assert told_to_wait([], is_running=True) == ""
    during = told_to_wait(["oxide", "pore", "crack"], is_running=True)
    assert during.startswith("What you paint as oxide, pore and crack waits for the next training")
    assert "click Continue or Fine-tune" in during
    assert "began without oxide: click Continue" in told_to_wait(["oxide"], is_running=False)


def test_the_panel_tells_of_a_waiting_class_during_a_training_and_of_preparation_as_such(
    qtbot: QtBot, viewer: Viewer, child: Find
) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    panel, hint = FineTuneLayout(owner, viewer, lambda _: None), child(owner, "hint_label")
    panel.show_state(running=True, stopping=False, hint="Paint", note="", waiting="Oxide waits.")
    assert (hint.text(), hint.isVisibleTo(hint.parent())) == ("Oxide waits.", True)
    panel.show_state(running=True, stopping=False, hint="Paint", note="", waiting="")
    assert not hint.isVisibleTo(hint.parent())
    panel.show_preparation(Progress(12, 60, 12.0, 48.0))
    assert child(owner, "progress_bar").text() == "preparing for 12 s · 48 s left"


@pytest.mark.slow
@pytest.mark.usefixtures("small_network")
def test_a_class_that_is_painted_too_late_is_told_at_once(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    labels, hint = add_label_layer(viewer, layer, CLASSES), child(fine_tune, "hint_label")
    fine_tune.class_table.set_value(CLASSES)
    labels.data = np.tile(np.array([1, 2], np.uint8), (64, 48))
    qtbot.waitUntil(child(fine_tune, "fine_tune_button").isEnabled, timeout=5000)
    child(fine_tune, "fine_tune_button").click()
    child(fine_tune, "add_class_button").click()
    labels.paint((10, 10), 3)
    qtbot.waitUntil(lambda: "What you paint as class 3 waits for the next training" in hint.text(), timeout=5000)
    child(fine_tune, "stop_button").click()
    qtbot.waitUntil(lambda: "The last training began without class 3" in hint.text(), timeout=60_000)
