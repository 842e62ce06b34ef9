"""*Label here next* in the real window: a list, the way to a region, a key, and what happens when layers go."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.inference.suggesting.suggestion_reports import (
    ForeignMicrograph,
    Suggestion,
    SuggestionReport,
    UncertaintyMap,
)
from napari_csunet.inference.suggesting.suggestions import Suggestions
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.training.finding import Place
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.label_next_list import SuggestionList
from napari_csunet.widgets.measure_sources import give_size_to
from napari_csunet.widgets.project_layers import camera_of
from napari_csunet.widgets.result_layers import add_label_layer

CLASSES = ClassTable.parse("1=dark,2=bright")
Find = Callable[[Any, str], Any]


def suggestion(name: str, top: int, slice_index: int = 0) -> Suggestion:
    return Suggestion(name, Place(slice_index, top, 32, top + 32, 64), "Unsure: dark or bright?")


@pytest.fixture
def alloy(viewer: Viewer, fine_tune: FineTuneWidget, child: Find) -> Any:
    """A micrograph (96, 128), dark and bright, with a stroke of each class; the instant answer is switched off."""
    child(fine_tune, "instant_check").setChecked(False)
    noise = np.random.default_rng(0).normal(0, 0.2, (96, 128))
    image = viewer.add_image((noise + (np.arange(128) >= 64)).astype(np.float32), name="alloy", scale=(2, 2))
    labels = add_label_layer(viewer, image, CLASSES)
    labels.data[30:33, 5:30], labels.data[30:33, 90:120] = 1, 2
    return image


@pytest.fixture
def answer(fine_tune: FineTuneWidget, alloy: Any) -> Callable[..., None]:
    """Reports an answer as the thread does."""

    def report(*suggestions: Suggestion, **more: Any) -> None:
        work = fine_tune._label_next.background
        work.reported.emit(SuggestionReport("suggestions", suggestions=suggestions, is_final=True, **more))

    return report


def press(viewer: Viewer, key: str) -> None:
    next(action for bound, action in viewer.keymap.items() if str(bound) == key)(viewer)


def test_go_there_shows_the_region_framed_with_its_labels_ready(
    viewer: Viewer, fine_tune: FineTuneWidget, answer: Callable[..., None], child: Find
) -> None:
    answer(suggestion("alloy", 64))
    child(fine_tune, "go_there_button").click()
    frame = viewer.layers["alloy · suggestion"]
    assert frame.extent.data[:, -2:].tolist() == pytest.approx(np.array([[63.5, 31.5], [95.5, 63.5]]), abs=2)
    assert camera_of(viewer).center[-2:] == pytest.approx((160, 96))
    active: Any = viewer.layers.selection.active
    assert (active.name, active.mode) == ("alloy · labels", "paint")


def test_a_click_in_the_list_goes_there_and_the_frame_leaves_with_its_micrograph(
    viewer: Viewer, fine_tune: FineTuneWidget, alloy: Any, answer: Callable[..., None], child: Find
) -> None:
    answer(suggestion("alloy", 0), suggestion("alloy", 64))
    rows = child(fine_tune, "label_next_list")
    rows.setCurrentRow(1)
    rows.itemClicked.emit(rows.item(1))
    assert camera_of(viewer).center[-2] == pytest.approx(160)
    assert viewer.layers["alloy · suggestion"].visible
    alloy.visible = False  # as the Measure panel does
    assert not viewer.layers["alloy · suggestion"].visible


def test_the_key_goes_from_one_suggestion_to_the_next_and_round(viewer: Viewer, answer: Callable[..., None]) -> None:
    answer(suggestion("alloy", 0), suggestion("alloy", 64))
    centres = []
    for _ in range(3):
        press(viewer, "Alt+N")
        centres.append(camera_of(viewer).center[-2])
    assert centres == pytest.approx([32, 160, 32])
    assert [one.name for one in viewer.layers].count("alloy · suggestion") == 1
    assert not viewer.layers["alloy · suggestion"].editable


@pytest.mark.slow
def test_a_slice_of_a_stack_is_brought_on_screen(
    viewer: Viewer, fine_tune: FineTuneWidget, answer: Callable[..., None], child: Find
) -> None:
    viewer.add_image(np.zeros((5, 96, 128), np.float32), name="stack")  # without labels, which are made
    answer(suggestion("stack", 0, slice_index=3))
    child(fine_tune, "go_there_button").click()
    assert viewer.dims.current_step[0] == 3
    assert not viewer.layers["alloy"].visible
    assert viewer.layers.selection.active is viewer.layers["stack · labels"]


def test_the_uncertainty_map_lies_over_its_micrograph_while_it_is_wanted(
    viewer: Viewer, fine_tune: FineTuneWidget, alloy: Any, answer: Callable[..., None], child: Find
) -> None:
    answer(maps=(UncertaintyMap("alloy", 0, np.full((12, 16), 0.5, np.float16), 8),))
    child(fine_tune, "uncertainty_map_check").click()
    layer = viewer.layers["alloy · uncertainty"]
    corner, edge = layer.extent.world[0] - layer.scale / 2, alloy.extent.world[0] - alloy.scale / 2
    assert corner == pytest.approx(edge)
    assert layer.scale * layer.data.shape == pytest.approx(alloy.scale * alloy.data.shape)
    assert fine_tune._open.layers() == [alloy]
    child(fine_tune, "uncertainty_map_check").click()
    assert "alloy · uncertainty" not in viewer.layers


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_pixel_size_moves_the_uncertainty_map_with_its_micrograph(
    viewer: Viewer, fine_tune: FineTuneWidget, alloy: Any, answer: Callable[..., None], child: Find, is_shown: bool
) -> None:
    answer(maps=(UncertaintyMap("alloy", 0, np.full((12, 16), 0.5, np.float16), 8),))
    child(fine_tune, "uncertainty_map_check").click()
    layer = viewer.layers["alloy · uncertainty"]
    alloy.visible = is_shown
    give_size_to(viewer, alloy, PixelSize(20, 10))
    assert layer.units == alloy.units
    assert layer.scale == pytest.approx([0.16, 0.08])
    assert layer.translate == pytest.approx([0.07, 0.035])


def test_a_selected_uncertainty_map_can_be_taken_away(
    viewer: Viewer, fine_tune: FineTuneWidget, alloy: Any, answer: Callable[..., None], child: Find
) -> None:
    answer(maps=(UncertaintyMap("alloy", 0, np.full((12, 16), 0.5, np.float16), 8),))
    child(fine_tune, "uncertainty_map_check").click()
    viewer.layers.selection.active = viewer.layers["alloy · uncertainty"]
    child(fine_tune, "uncertainty_map_check").click()
    assert "alloy · uncertainty" not in viewer.layers


def test_foreign_micrographs_are_warned_of_and_suggestions_go_with_their_layer(
    viewer: Viewer, fine_tune: FineTuneWidget, answer: Callable[..., None], child: Find
) -> None:
    answer(suggestion("alloy", 0), foreign=(ForeignMicrograph("rock", 0.8),))
    told = child(fine_tune, "label_next_label").text()
    assert "rock looks different from every labelled micrograph (80 % of it" in told
    viewer.layers.remove("alloy")
    assert child(fine_tune, "label_next_list").count() == 0
    assert not child(fine_tune, "go_there_button").isEnabled()


def test_what_was_seen_is_forgotten_when_all_micrographs_are_closed(
    viewer: Viewer, fine_tune: FineTuneWidget, alloy: Any
) -> None:
    engine = fine_tune._label_next._engine
    engine.append(Suggestions("cpu"))
    viewer.layers.remove("alloy · labels")
    assert engine
    viewer.layers.clear()
    assert not engine


def test_a_new_list_begins_with_its_first_row(qtbot: QtBot) -> None:
    rows = SuggestionList()
    qtbot.addWidget(rows)
    rows.set_suggestions([suggestion("a", 0), suggestion("b", 0)])
    gone_to = []
    for _ in range(3):
        rows.step()
        rows.visit()
        gone_to.append(rows.currentRow())
    assert gone_to == [0, 1, 0]


def test_a_list_made_anew_goes_on_from_a_region_that_stays_and_else_from_the_first(qtbot: QtBot) -> None:
    rows = SuggestionList()
    qtbot.addWidget(rows)
    rows.set_suggestions([suggestion("a", 0), suggestion("b", 0)])
    rows.visit()
    rows.set_suggestions([suggestion("c", 0), suggestion("a", 0), suggestion("d", 0)])
    rows.step()
    assert rows.currentRow() == 2
    rows.set_suggestions([suggestion("e", 0), suggestion("f", 0)])
    rows.step()
    assert rows.currentRow() == 0


@pytest.mark.slow
def test_suggest_looks_learns_and_answers_anew_after_a_stroke(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, alloy: Any, child: Find
) -> None:
    import_module("napari_csunet.inference.suggesting.suggestions")
    child(fine_tune, "label_next_fold_button").click()
    child(fine_tune, "label_next_button").click()
    rows = child(fine_tune, "label_next_list")
    qtbot.waitUntil(lambda: rows.count() > 0, timeout=60_000)
    first = rows.current().place
    qtbot.waitUntil(lambda: not fine_tune._label_next.background.is_running, timeout=60_000)
    labels = viewer.layers["alloy · labels"]
    region = np.mgrid[first.top : first.bottom, first.left : first.right].reshape(2, -1)
    labels.data_setitem(tuple(region), 1)
    qtbot.waitUntil(lambda: rows.current() is not None and rows.current().place != first, timeout=60_000)


@pytest.mark.slow
def test_closing_while_it_looks_leaves_no_thread(fine_tune: FineTuneWidget, alloy: Any, child: Find) -> None:
    child(fine_tune, "label_next_button").click()
    assert fine_tune._label_next.background.is_running
    assert fine_tune.close_background(60)
