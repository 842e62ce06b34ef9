"""The instant answer in the real window: it comes after strokes, gives way, and survives what happens to layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet.reports import Progress, Scores, TrainingReport
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.previews import Previews
from napari_csunet.widgets.result_layers import prepare_preview, show_only
from napari_csunet.widgets.training_run import knows_enough

Find = Callable[[Any, str], Any]
LONG = 60_000


def halves(shape: tuple[int, ...] = (64, 96)) -> Any:
    noise = np.random.default_rng(0).normal(0, 0.2, shape)
    return (noise + (np.arange(shape[-1]) >= 48)).astype(np.float32)


def paint(labels: Any, *where: int) -> None:
    labels.brush_size = 6
    for column, value in ((10, 1), (20, 1), (35, 1), (60, 2), (75, 2), (85, 2)):
        labels.paint((*where, 30, column), value)


@pytest.fixture(autouse=True)
def _loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after the warm-up, which this room's tests leave out; and not for long."""
    import_module("napari_csunet.inference.instant")
    monkeypatch.setattr("napari_csunet.inference.pixel_classifier.STEPS", 60)


@pytest.fixture
def answered(qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, child: Find) -> Callable[[str], Any]:
    """Waits until the overlay of a micrograph holds the right answer on the slice shown; gives the overlay."""

    def wait(name: str) -> Any:
        qtbot.waitUntil(lambda: f"{name} · instant" in viewer.layers, timeout=LONG)
        overlay = viewer.layers[f"{name} · instant"]

        def is_right() -> bool:
            plane = overlay.data[viewer.dims.current_step[0]] if overlay.data.ndim == 3 else overlay.data
            return bool((plane == 1 + (np.arange(96) >= 48)).mean() > 0.85)

        qtbot.waitUntil(is_right, timeout=LONG)
        return overlay

    return wait


@pytest.fixture
def overlay(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, child: Find, answered: Callable[[str], Any]
) -> Any:
    """The overlay of a micrograph "alloy" with two strokes, which have been counted."""
    viewer.add_image(halves(), name="alloy")
    child(fine_tune, "new_labels_button").click()
    paint(viewer.layers["alloy · labels"])
    answer = answered("alloy")
    qtbot.waitUntil(lambda: "2 classes" in child(fine_tune, "micrograph_list").item(0).text(), timeout=LONG)
    return answer


def test_strokes_are_answered_over_their_micrograph_unless_that_is_switched_off(
    viewer: Viewer, fine_tune: FineTuneWidget, overlay: Any, child: Find
) -> None:
    assert [one.name for one in viewer.layers] == ["alloy", "alloy · instant", "alloy · labels"]
    assert viewer.layers.selection.active.name == "alloy · labels"
    painted = np.count_nonzero(viewer.layers["alloy · labels"].data)
    assert child(fine_tune, "instant_label").text() == f"Instant answer from 2 classes, {painted} pixels"
    child(fine_tune, "instant_check").click()
    assert (overlay.visible, child(fine_tune, "instant_label").text()) == (False, "")
    child(fine_tune, "instant_check").click()
    assert overlay.visible


def test_it_gives_way_to_a_preview_but_not_to_a_training_that_has_just_begun(
    viewer: Viewer, fine_tune: FineTuneWidget, overlay: Any, child: Find
) -> None:
    prepare_preview(viewer, viewer.layers["alloy"], fine_tune.class_table.value())
    fine_tune._instant.refresh(fine_tune._counts)
    assert not overlay.visible
    viewer.layers["alloy · preview"].visible = False
    assert overlay.visible
    fine_tune._instant.pause()
    previews = Previews(viewer, [viewer.layers["alloy"]], fine_tune.class_table.value())
    previews.begin()
    show_only(viewer, viewer.layers["alloy"], preview=True)
    fine_tune._instant.show_again()
    assert (overlay.visible, viewer.layers["alloy · preview"].visible) == (True, False)
    assert "until the network knows more" in child(fine_tune, "instant_label").text()
    previews.take_over()
    assert (overlay.visible, viewer.layers["alloy · preview"].visible) == (False, True)
    assert "hide alloy · preview in the layer list" in child(fine_tune, "instant_label").text()
    viewer.layers["alloy · preview"].visible = False
    assert overlay.visible
    fine_tune._instant.resume()
    assert overlay.visible


def test_a_network_takes_its_place_once_it_is_good_or_old_enough() -> None:
    scores, progress = partial(Scores, 0.9, accuracy=0.9, per_class={}), Progress(1, 2, 0, 0)
    reports = [
        TrainingReport("step", 29, progress),
        TrainingReport("validation", 2, progress, scores=scores(mean_iou=0.4)),
        TrainingReport("validation", 2, progress, scores=scores(mean_iou=0.6)),
        TrainingReport("step", 30, progress),
    ]
    assert [knows_enough(one) for one in reports] == [False, False, True, True]


@pytest.mark.slow
def test_it_is_hidden_by_hand_made_again_renamed_and_removed_with_its_micrograph(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, overlay: Any, answered: Callable[[str], Any]
) -> None:
    overlay.visible = False
    with qtbot.waitSignal(fine_tune._instant.background.finished, timeout=LONG):
        viewer.layers["alloy · labels"].paint((50, 20), 1)
    assert not overlay.visible
    viewer.layers.remove(overlay)
    new = answered("alloy")
    viewer.layers["alloy"].name = "steel"
    assert new.name == "steel · instant"
    viewer.layers.remove("steel")
    qtbot.waitUntil(lambda: new not in viewer.layers, timeout=LONG)


@pytest.mark.slow
def test_another_picture_in_the_layer_is_looked_at_anew(qtbot: QtBot, viewer: Viewer, overlay: Any) -> None:
    assert not (overlay.data[:, 49:54] == 1).any()
    viewer.layers["alloy"].data = np.roll(halves(), 7, axis=1)
    qtbot.waitUntil(lambda: bool((overlay.data[:, 49:54] == 1).mean() > 0.8), timeout=LONG)


@pytest.mark.slow
def test_each_slice_of_a_stack_is_answered_when_it_is_shown(
    viewer: Viewer, fine_tune: FineTuneWidget, child: Find, answered: Callable[[str], Any]
) -> None:
    viewer.add_image(halves((3, 64, 96)), name="stack")
    child(fine_tune, "new_labels_button").click()
    viewer.dims.set_current_step(0, 0)
    paint(viewer.layers["stack · labels"], 0)
    assert not answered("stack").data[2].any()
    viewer.dims.set_current_step(0, 2)
    assert answered("stack").data[2].any()


def test_closing_while_it_looks_leaves_no_thread(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, child: Find
) -> None:
    viewer.add_image(halves((300, 96)), name="alloy")
    child(fine_tune, "new_labels_button").click()
    background = fine_tune._instant.background
    qtbot.waitUntil(lambda: background.is_running, timeout=LONG)
    assert fine_tune.close_background(30)
