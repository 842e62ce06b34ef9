from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_csunet import ClassTable
from napari_csunet.widgets.fine_tune import FineTuneWidget

Find = Callable[[Any, str], Any]


def test_an_empty_viewer_offers_the_sample(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, child: Find
) -> None:
    qtbot.mouseClick(child(fine_tune, "open_sample_button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "superalloy_4" in viewer.layers, timeout=15_000)
    qtbot.waitUntil(child(fine_tune, "fine_tune_button").isEnabled, timeout=5000)
    qtbot.waitUntil(lambda: viewer.layers.selection.active is viewer.layers["superalloy_1 · labels"], timeout=5000)
    assert fine_tune.class_table.value().class_names == ("matrix", "secondary", "tertiary")


@pytest.mark.parametrize(
    ("painted", "hint"), [((), "at least two classes"), ((1,), "the background too"), ((1, 2), "")]
)
def test_the_button_says_what_is_missing(
    qtbot: QtBot,
    viewer: Viewer,
    fine_tune: FineTuneWidget,
    layer: Any,
    child: Find,
    painted: tuple[int, ...],
    hint: str,
) -> None:
    child(fine_tune, "new_labels_button").click()
    labels = viewer.layers["alloy · labels"]
    for row, value in enumerate(painted):
        labels.paint((10 + 20 * row, 30), value)
    qtbot.waitUntil(lambda: "alloy" in fine_tune._counts, timeout=5000)
    qtbot.waitUntil(lambda: hint in child(fine_tune, "hint_label").text(), timeout=5000)
    assert child(fine_tune, "fine_tune_button").isEnabled() is (hint == "")


def test_labels_made_by_a_click_fit_the_micrograph(
    viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    child(fine_tune, "new_labels_button").click()
    labels = viewer.layers["alloy · labels"]
    assert labels.data.shape == layer.data.shape
    np.testing.assert_allclose([labels.scale, labels.translate], [layer.scale, layer.translate])
    assert viewer.layers.selection.active is labels


def test_a_second_click_goes_on_with_the_labels_that_there_are(
    viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    child(fine_tune, "new_labels_button").click()
    labels = viewer.layers["alloy · labels"]
    labels.selected_label, viewer.layers.selection.active = 2, layer
    child(fine_tune, "new_labels_button").click()
    assert [one.name for one in viewer.layers] == ["alloy", "alloy · labels"]
    assert (viewer.layers.selection.active, labels.selected_label, labels.mode) == (labels, 2, "paint")
    assert "alloy has labels already" in child(fine_tune, "hint_label").text()


def test_labels_that_are_not_counted_yet_are_not_called_missing(
    viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    assert "Make labels" in child(fine_tune, "hint_label").text()
    viewer.add_labels(np.ones(layer.data.shape, np.uint8), name="alloy_mask")
    assert child(fine_tune, "hint_label").text() == "Counting labelled pixels…"


def test_0_is_a_class_once_that_is_said(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    viewer.add_labels(np.eye(*layer.data.shape, dtype=np.uint8), name="alloy_mask")
    qtbot.waitUntil(lambda: "one more class" in child(fine_tune, "hint_label").text(), timeout=5000)
    child(fine_tune, "zero_is_class_check").click()
    assert fine_tune.class_table.value().values == (0, 1, 2)
    qtbot.waitUntil(child(fine_tune, "fine_tune_button").isEnabled, timeout=5000)
    child(fine_tune, "zero_is_class_check").click()
    assert fine_tune.class_table.value().values == (1, 2)


def test_alt_and_a_digit_pick_a_class(viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find) -> None:
    child(fine_tune, "new_labels_button").click()
    viewer.window._qt_viewer.canvas._key_map_handler.press_key("Alt-2")
    assert viewer.layers["alloy · labels"].selected_label == 2


def test_new_names_and_colours_reach_the_label_layer(
    viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    child(fine_tune, "new_labels_button").click()
    fine_tune.class_table.set_value(ClassTable.from_names({1: "matrix", 2: "pore", 3: "carbide"}))
    assert list(viewer.layers["alloy · labels"].features["class"]) == ["matrix", "pore", "carbide"]


def test_an_unexpected_error_is_told_with_details(
    qtbot: QtBot, fine_tune: FineTuneWidget, layer: Any, child: Find
) -> None:
    fine_tune._training._on_run_failed(RuntimeError("a bolt is loose"))
    assert "a bolt is loose" in child(fine_tune, "status_label").text()
    assert not child(fine_tune._panel.status, "details_text").isVisibleTo(fine_tune)
    child(fine_tune._panel.status, "details_button").click()
    assert child(fine_tune._panel.status, "details_text").isVisibleTo(fine_tune)
    assert "RuntimeError" in child(fine_tune._panel.status, "details_text").toPlainText()


def test_what_is_odd_about_a_file_is_told(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, child: Find, tmp_path: Path
) -> None:
    sizes = {"PhysicalSizeX": 0.0, "PhysicalSizeY": 0.0}
    for name in ("a.tif", "b.tif"):
        pixels = np.full((64, 64), 9, np.uint8)
        tifffile.imwrite(tmp_path / name, pixels, ome=True, metadata={"axes": "YX", **sizes})
    viewer.open([tmp_path / "a.tif", tmp_path / "b.tif"], plugin="napari")
    told = child(fine_tune, "status_label").text
    qtbot.waitUntil(lambda: "a: " in told() or "b: " in told(), timeout=15_000)
    assert "cannot be; it is ignored" in told()


def test_closing_asks_every_thread_though_one_goes_on(fine_tune: FineTuneWidget, stubborn: Any) -> None:
    jobs = (fine_tune._training.run._training, fine_tune._pixel_sizes.background)
    stubborn.start_in(*jobs)
    assert not fine_tune.close_background(0.01)
    assert all(job._worker.abort_requested for job in jobs if job._worker)
