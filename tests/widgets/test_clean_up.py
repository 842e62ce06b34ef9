"""Clean-up in the Measure panel: shown, applied, taken back, and what it does to the numbers that are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_csunet.widgets.instant_layer import better_than_instant
from napari_csunet.widgets.last_measurement import CHANGED
from napari_csunet.widgets.mask_cleaning import cleaning_of
from napari_csunet.widgets.measure import MeasureWidget

Find = Callable[[Any, str], Any]
LONG = 60_000


def click(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def measured(qtbot: QtBot, measure: MeasureWidget, child: Find) -> None:
    click(qtbot, child(measure, "measure_button"))
    qtbot.waitUntil(lambda: not measure.is_measuring, timeout=LONG)


def said(measure: MeasureWidget, child: Find) -> str:
    return str(child(measure, "measure_status_label").text())


def applied(qtbot: QtBot, measure: MeasureWidget, child: Find) -> None:
    """Cleans what the form says, and waits until that is done."""
    click(qtbot, child(measure, "apply_clean_up_button"))
    qtbot.waitUntil(lambda: "Undo brings back" in child(measure, "clean_up_label").text(), timeout=LONG)


def test_a_clean_up_is_shown_then_applied_and_undone(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    before = predicted.data.copy()
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    qtbot.waitUntil(lambda: "alloy · mask · cleaned" in viewer.layers, timeout=LONG)
    assert np.array_equal(predicted.data, before)
    assert better_than_instant(viewer.layers["alloy · mask · cleaned"]) == "alloy"
    click(qtbot, child(measure, "apply_clean_up_button"))
    qtbot.waitUntil(lambda: cleaning_of(predicted) is not None, timeout=LONG)
    assert (predicted.data != before).sum() == 2
    assert predicted.visible
    click(qtbot, child(measure, "undo_clean_up_button"))
    assert np.array_equal(predicted.data, before)


def test_what_was_cleaned_is_exported_and_recorded_and_replaced_only_after_a_question(
    qtbot: QtBot,
    measure: MeasureWidget,
    predicted: Any,
    child: Find,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    click(qtbot, child(measure, "apply_clean_up_button"))
    qtbot.waitUntil(lambda: cleaning_of(predicted) is not None, timeout=LONG)
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "numbers"))
    monkeypatch.setattr(QMessageBox, "question", lambda _, title, text: asked.append(text))
    for _ in range(2):
        click(qtbot, child(measure, "export_report_button"))
        qtbot.waitUntil(lambda: not measure.is_measuring, timeout=LONG)
    assert len(pd.read_csv(tmp_path / "numbers" / "objects.csv").query("`class` == 'particle'")) == 4
    assert "regions smaller than 10 px" in (tmp_path / "numbers" / "report.html").read_text("utf-8")
    assert ["those of other micrographs" in text for text in asked] == [True]
    assert child(measure, "open_report_button").isVisibleTo(measure)


def test_a_clean_up_that_is_applied_while_its_preview_is_computed_is_not_forgotten(
    qtbot: QtBot, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    measure._clean_up.run._start_wanted()  # not in a moment, when it may be over between two looks
    click(qtbot, child(measure, "apply_clean_up_button"))
    qtbot.waitUntil(lambda: cleaning_of(predicted) is not None, timeout=LONG)


def test_a_mask_that_is_predicted_anew_while_it_is_cleaned_is_left_as_predicted(
    qtbot: QtBot, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    click(qtbot, child(measure, "apply_clean_up_button"))
    measure._clean_up.run._start_wanted()
    new = np.roll(predicted.data, 1, axis=1)
    predicted.set_mask(new.copy())
    qtbot.waitUntil(lambda: "replaced while being cleaned" in child(measure, "clean_up_label").text(), timeout=LONG)
    assert np.array_equal(predicted.data, new)
    assert cleaning_of(predicted) is None


@pytest.mark.slow
def test_a_mask_that_is_predicted_anew_is_shown_and_not_the_preview_of_the_old_one(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    qtbot.waitUntil(lambda: "alloy · mask · cleaned" in viewer.layers, timeout=LONG)
    predicted.set_mask(np.roll(predicted.data, 1, axis=1))
    assert predicted.visible
    assert not viewer.layers["alloy · mask · cleaned"].visible


def test_the_preview_of_a_clean_up_goes_with_its_mask(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    qtbot.waitUntil(lambda: "alloy · mask · cleaned" in viewer.layers, timeout=LONG)
    viewer.layers.remove(predicted)
    assert not viewer.layers["alloy · mask · cleaned"].visible


def test_a_preview_takes_the_place_of_coloured_objects_and_undo_leaves_the_numbers_as_true_as_before(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    measured(qtbot, measure, child)
    child(measure, "colour_by_combo").setCurrentText("Area")
    qtbot.waitUntil(lambda: "alloy · area" in viewer.layers, timeout=LONG)
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    qtbot.waitUntil(lambda: "alloy · mask · cleaned" in viewer.layers, timeout=LONG)
    told = child(measure, "clean_up_label").text
    assert "particle: 5 objects would become 4." in told()
    assert not viewer.layers["alloy · area"].visible
    click(qtbot, child(measure, "clean_up_button"))
    assert viewer.layers["alloy · area"].visible
    click(qtbot, child(measure, "apply_clean_up_button"))
    qtbot.waitUntil(lambda: cleaning_of(predicted) is not None and "changed" in told(), timeout=LONG)
    assert predicted.visible
    assert said(measure, child) == "The masks have changed: measure again."
    click(qtbot, child(measure, "undo_clean_up_button"))
    assert said(measure, child) == ""


def test_numbers_are_as_true_as_before_only_while_the_masks_hold_the_same_pixels(
    qtbot: QtBot, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    applied(qtbot, measure, child)
    measured(qtbot, measure, child)
    applied(qtbot, measure, child)
    assert CHANGED not in said(measure, child)  # the same clean-up again
    click(qtbot, child(measure, "undo_clean_up_button"))
    assert said(measure, child) == CHANGED
    predicted.paint((2, 2), 2)
    applied(qtbot, measure, child)
    assert said(measure, child) == CHANGED


def test_undo_leaves_what_was_said_of_something_else(
    qtbot: QtBot, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    measured(qtbot, measure, child)
    click(qtbot, child(measure, "clean_up_button"))
    child(measure, "smallest_spin").setValue(10)
    applied(qtbot, measure, child)
    field = child(measure, "measure_pixel_size_edit")
    field.setText("20nm")
    qtbot.keyPress(field, Qt.Key.Key_Return)
    click(qtbot, child(measure, "undo_clean_up_button"))
    assert said(measure, child).endswith("Measure again to have lengths in the new unit.")
