"""The Measure panel in a real viewer: measure, find objects, clean up, export."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_csunet.samples import sample_files
from napari_csunet.widgets.layers import pixel_size_of
from napari_csunet.widgets.measure import MeasureWidget
from napari_csunet.widgets.measure_sources import are_of_one_place
from napari_csunet.widgets.project_layers import camera_of

Find = Callable[[Any, str], Any]
Mask = npt.NDArray[np.uint8]
LONG = 60_000


def click(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def measured(qtbot: QtBot, measure: MeasureWidget, child: Find) -> None:
    click(qtbot, child(measure, "measure_button"))
    qtbot.waitUntil(lambda: not measure.is_measuring, timeout=LONG)


def said(measure: MeasureWidget, child: Find) -> str:
    return str(child(measure, "measure_status_label").text())


def test_a_click_on_measure_fills_tables_and_plot_with_units(
    qtbot: QtBot, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    measured(qtbot, measure, child)
    fractions = child(measure, "phase_table")
    assert float(fractions.item(1, 1).text().split()[0]) == pytest.approx((predicted.data == 2).mean(), abs=0.05)
    assert child(measure, "object_class_combo").currentText() == "particle"
    assert child(measure, "object_table").model().rowCount() == 5
    assert "nm" in child(measure, "object_table").model().headerData(1, Qt.Orientation.Horizontal)
    assert child(measure, "measure_plot").shown()[0].values.size


def test_sorting_and_picking_a_row_brings_its_object_on_screen(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    measured(qtbot, measure, child)
    table = child(measure, "object_table")
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    table.selectRow(0)
    largest = predicted.data_to_world((22, 66))
    assert np.allclose(camera_of(viewer).center[-2:], largest, atol=0.5 * 0.0125)
    assert np.allclose(viewer.layers["picked object"].data, [[22, 66]], atol=0.5)


def test_a_click_on_an_object_selects_its_row(
    qtbot: QtBot, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    measured(qtbot, measure, child)
    with qtbot.waitSignal(measure._objects.found, timeout=LONG):
        measure._objects._find(np.array(predicted.data_to_world((22, 66))))
    table = child(measure, "object_table")
    assert table.objects.object_at(table.currentIndex().row()).row == pytest.approx(22, abs=0.5)


def test_objects_are_coloured_by_a_property(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    measured(qtbot, measure, child)
    child(measure, "colour_by_combo").setCurrentText("Area")
    qtbot.waitUntil(lambda: "alloy · area" in viewer.layers, timeout=LONG)
    colours = viewer.layers["alloy · area"]
    assert np.nanmax(colours.data) == pytest.approx((predicted.data[8:36, 50:80] == 2).sum() * 12.5**2)
    assert np.array_equal(np.isnan(colours.data), predicted.data != 2)
    scale = child(measure, "colour_legend").scale()
    assert (scale.title, scale.unit, scale.low, scale.high) == ("Area", "nm²", *colours.contrast_limits)
    child(measure, "colour_by_combo").setCurrentIndex(0)
    assert not colours.visible
    assert not child(measure, "colour_legend").isVisibleTo(measure)


def test_tables_and_colours_go_with_their_masks(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    viewer.add_labels(predicted.data, name="steel")
    measured(qtbot, measure, child)
    child(measure, "colour_by_combo").setCurrentText("Area")
    qtbot.waitUntil(lambda: "alloy · area" in viewer.layers, timeout=LONG)
    viewer.layers.remove("steel")
    assert said(measure, child) == "steel is closed, but still in the numbers below. Measure again."
    viewer.layers.remove(predicted)
    assert said(measure, child).startswith("The measured masks are closed, and their tables with them.")
    assert not child(measure, "phase_table").isVisibleTo(measure)
    assert "alloy · area" not in viewer.layers


def test_the_pixel_size_follows_whoever_changes_it(
    qtbot: QtBot, measure: MeasureWidget, layer: Any, predicted: Any, child: Find
) -> None:
    field = child(measure, "measure_pixel_size_edit")
    for one in (layer, predicted):
        one.scale = (0.03, 0.03)
    qtbot.waitUntil(lambda: field.text() == "30 nm", timeout=LONG)


def test_a_typed_pixel_size_goes_to_mask_and_micrograph_and_nonsense_does_not(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, mask: Mask, child: Find
) -> None:
    image = viewer.add_image(mask, name="alloy")
    labels = viewer.add_labels(mask, name="alloy_mask")
    field = child(measure, "measure_pixel_size_edit")
    assert field.text() == ""
    field.setText("0 bananas")
    qtbot.keyPress(field, Qt.Key.Key_Return)
    assert "is not a pixel size" in said(measure, child)
    field.setText("20nm")
    qtbot.keyPress(field, Qt.Key.Key_Return)
    assert [tuple(one.scale) for one in (image, labels)] == [(0.02, 0.02)] * 2
    measured(qtbot, measure, child)
    assert measure.measured is not None
    assert measure.measured.unit == "µm"


def test_without_a_pixel_size_lengths_are_in_pixels_and_the_panel_says_so(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, mask: Mask, child: Find
) -> None:
    viewer.add_labels(np.where(mask == 2, 1, 0).astype(np.uint8), name="pores")
    measured(qtbot, measure, child)
    assert "lengths are in px" in said(measure, child)
    assert measure.measured is not None
    assert measure.measured.classes.class_names == ("background", "class 1")
    note = child(measure, "measure_classes_label")
    qtbot.waitUntil(lambda: "0 is the background, measured as the matrix" in note.text(), timeout=LONG)


def test_a_mask_of_one_class_without_objects_leaves_the_panel_usable(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, child: Find
) -> None:
    viewer.add_labels(np.ones((20, 20), np.uint8), name="alloy_mask")
    measured(qtbot, measure, child)
    assert child(measure, "object_table").model().rowCount() == 1
    assert child(measure, "measure_plot").shown() == ()
    assert child(measure, "measure_button").isEnabled()


def test_of_a_stack_all_slices_are_measured_or_the_shown_one(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, mask: Mask, child: Find
) -> None:
    viewer.add_labels(np.stack([mask, mask[::-1]]), name="stack")
    measured(qtbot, measure, child)
    assert measure.measured is not None
    assert measure.measured.names == ["stack [0]", "stack [1]"]
    viewer.dims.set_current_step(0, 1)
    child(measure, "slices_combo").setCurrentIndex(1)
    measured(qtbot, measure, child)
    assert measure.measured.names == ["stack [1]"]
    child(measure, "object_class_combo").setCurrentText("class 2")
    child(measure, "object_table").selectRow(0)
    assert viewer.layers["picked object"].data[0, 0] == 1


def test_layers_may_go_and_be_renamed_while_they_are_measured(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    click(qtbot, child(measure, "measure_button"))
    predicted.name = "another"
    viewer.layers.remove(predicted)
    qtbot.waitUntil(lambda: not measure.is_measuring, timeout=LONG)
    child(measure, "object_table").selectRow(0)
    assert child(measure, "measure_hint_label").text() == "Predict first, or add masks"
    assert not child(measure, "measure_button").isEnabled()


def test_two_masks_of_one_micrograph_are_compared(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, mask: Mask, child: Find
) -> None:
    viewer.add_labels(mask, name="first")
    viewer.add_labels(np.roll(mask, 1, axis=1), name="second")
    click(qtbot, child(measure, "compare_masks_button"))
    qtbot.waitUntil(lambda: not measure.is_measuring, timeout=LONG)
    table, particle = child(measure, "agreement_table"), mask == 2
    both = (particle & np.roll(particle, 1, axis=1)).sum()
    assert table.item(1, 2).text() == f"{2 * both / (2 * particle.sum()):.3f}"
    assert 0 < float(table.item(1, 3).text()) < 1


def test_colours_that_are_taken_away_while_they_are_computed_do_not_come(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    measured(qtbot, measure, child)
    child(measure, "colour_by_combo").setCurrentText("Area")
    child(measure, "colour_by_combo").setCurrentIndex(0)
    qtbot.waitUntil(lambda: not measure._objects._colouring.is_running, timeout=LONG)
    assert predicted.visible
    assert "alloy · area" not in viewer.layers


def test_a_pixel_size_is_given_once_however_the_field_is_left(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, mask: Mask, child: Find
) -> None:
    viewer.add_labels(mask, name="alloy_mask")
    given: list[object] = []
    field = child(measure, "measure_pixel_size_edit")
    field.size_typed.connect(given.append)
    field.setText("20nm")
    qtbot.keyPress(field, Qt.Key.Key_Return)
    field.editingFinished.emit()  # as when it loses the focus
    assert len(given) == 1


def has_size(layer: Any, nm: float) -> bool:
    size = pixel_size_of(layer)
    return size is not None and size.x_nm == pytest.approx(nm)


def test_an_export_takes_the_numbers_that_are_there_and_leaves_the_tables_as_they_are(
    qtbot: QtBot, measure: MeasureWidget, predicted: Any, child: Find, tmp_path: Path
) -> None:
    measured(qtbot, measure, child)
    table, before = child(measure, "object_table"), measure.measured
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    table.selectRow(2)
    chosen = table.objects.object_at(2)
    measure.export_to(tmp_path / "numbers")
    qtbot.waitUntil(lambda: not measure.is_measuring, timeout=LONG)
    assert measure.measured is before
    assert len(pd.read_csv(tmp_path / "numbers" / "two_point_correlation.csv"))
    predicted.data[2, 2] = 2
    measured(qtbot, measure, child)
    assert measure.measured is not before
    assert table.objects.object_at(table.currentIndex().row())[3:] == chosen[3:]
    assert table.objects.object_at(0).row == pytest.approx(22, abs=0.5)


def test_five_rows_of_objects_have_room_in_a_low_window(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, predicted: Any, child: Find
) -> None:
    table = child(measure, "object_table")
    assert table.minimumHeight() >= 5 * 20 + 2 * table.fontMetrics().height()
    lower = child(measure, "measure_splitter").widget(1).widget()
    assert lower.minimumSizeHint().height() < 450


def test_a_file_that_is_opened_again_has_the_pixel_size_of_its_header_again(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget
) -> None:
    path = sample_files("superalloy")[0][0]
    for _ in range(2):
        (layer,) = viewer.open(path, layer_type="image", plugin="napari")
        qtbot.waitUntil(partial(has_size, layer, 24), timeout=LONG)
        viewer.layers.remove(layer)


def test_masks_of_two_micrographs_are_no_pair(viewer: Viewer, mask: Mask) -> None:
    for name in ("steel", "brass"):
        viewer.add_image(np.zeros(mask.shape), name=name)
    masks = [viewer.add_labels(mask, name=f"{name}_mask") for name in ("steel", "brass")]
    second = viewer.add_labels(mask, name="somebody else's")
    assert not are_of_one_place(viewer, masks)
    assert are_of_one_place(viewer, [masks[0], second])
    assert not are_of_one_place(viewer, masks[:1])
