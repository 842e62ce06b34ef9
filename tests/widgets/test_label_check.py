from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.project_layers import camera_of

Find = Callable[[Any, str], Any]


def sentences(fine_tune: FineTuneWidget, child: Find) -> list[str]:
    rows = child(fine_tune, "check_list").widget().children()
    return [child(row, "check_label").text() for row in rows if hasattr(row, "findChildren") and row.children()]


@pytest.fixture
def labels(viewer: Viewer, layer: Any, mask: Any, fine_tune: FineTuneWidget) -> Any:
    """Full labels of two of three classes."""
    fine_tune.class_table.set_value(ClassTable.from_names({1: "matrix", 2: "particle", 3: "pore"}))
    options = {"scale": layer.scale, "translate": layer.translate, "units": layer.units}
    return viewer.add_labels(mask, name="alloy_labels", **options)


def test_without_findings_the_list_takes_no_room(
    qtbot: QtBot, fine_tune: FineTuneWidget, labels: Any, child: Find
) -> None:
    shown = child(fine_tune, "check_list").isVisibleTo
    qtbot.waitUntil(lambda: bool(shown(fine_tune)), timeout=10_000)
    labels.paint((5, 5), 3)
    labels.data = np.where(np.arange(96) > 80, 3, labels.data)
    qtbot.waitUntil(lambda: not shown(fine_tune), timeout=10_000)


def test_during_a_training_a_class_that_is_painted_now_is_not_said_to_lack_labels(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, labels: Any, child: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.waitUntil(lambda: "pore has no labels" in "".join(sentences(fine_tune, child)), timeout=10_000)
    monkeypatch.setattr(type(fine_tune), "is_training", True)
    labels.paint((5, 5), 3)
    qtbot.waitUntil(lambda: not child(fine_tune, "check_list").isVisibleTo(fine_tune), timeout=10_000)


def test_a_class_without_labels_is_chosen_by_a_click(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, labels: Any, child: Find
) -> None:
    qtbot.waitUntil(lambda: child(fine_tune, "check_list").isVisibleTo(fine_tune), timeout=10_000)
    child(fine_tune, "show_me_button").click()
    assert (labels.selected_label, labels.mode) == (3, "paint")
    assert child(fine_tune, "fine_tune_button").isEnabled()


def test_a_place_is_brought_on_screen(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, labels: Any, child: Find
) -> None:
    fine_tune.class_table.set_value(ClassTable.from_names({1: "matrix", 2: "particle"}))
    labels.data = np.where(labels.data == 2, 0, labels.data)
    labels.data[40:44, 30:40] = 2
    labels.refresh()
    layer.visible = False
    fine_tune._open.recount()
    qtbot.waitUntil(lambda: "only 40 labelled pixels" in "".join(sentences(fine_tune, child)), timeout=10_000)
    child(fine_tune, "show_me_button").click()
    assert layer.visible
    np.testing.assert_allclose(camera_of(viewer).center[-2:], layer.data_to_world((42, 35)))


def test_labels_beside_their_micrograph_are_told(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, labels: Any, child: Find
) -> None:
    labels.translate = (5, 5)
    viewer.add_labels(np.ones((8, 8), np.uint8), name="alloy_mask")
    told = [
        "alloy_labels lies beside alloy. Give both layers the same scale and place.",
        "alloy_mask has 8 × 8 pixels, alloy has 64 × 96: these labels do not train.",
    ]
    qtbot.waitUntil(lambda: sentences(fine_tune, child)[:2] == told, timeout=10_000)
