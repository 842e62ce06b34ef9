"""Masks of files come to their micrographs, and masks that napari took for pictures are no micrographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from napari.components import ViewerModel
from napari.layers import Labels
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_csunet import ClassTable
from napari_csunet.measurement.kind import Kind
from napari_csunet.micrographs.writing import class_table_path, write_mask
from napari_csunet.reports import Prediction
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.layers import mask_pictures, micrograph_layers
from napari_csunet.widgets.mask_adding import MaskAdding, MaskOffer
from napari_csunet.widgets.mask_laying import masks_beside
from napari_csunet.widgets.measure import MeasureWidget
from napari_csunet.widgets.measure_sources import micrograph_of
from napari_csunet.widgets.project_layers import camera_of
from napari_csunet.widgets.result_layers import show_prediction

Find = Callable[[Any, str], Any]
Mask = npt.NDArray[np.uint8]
LONG = 60_000


@pytest.fixture
def add(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, child: Find, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Adds files through the button; returns what the panel says then."""

    def add_files(*paths: Path) -> str:
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(path) for path in paths], ""))
        qtbot.mouseClick(child(measure, "add_masks_button"), Qt.MouseButton.LeftButton)
        status = child(measure, "measure_status_label")
        qtbot.waitUntil(lambda: "added" in status.text(), timeout=LONG)
        return str(status.text())

    return add_files


def rows(table: Any) -> list[tuple[str, str, str]]:
    return [
        (table.item(row, 0).text(), table.item(row, 1).text(), table.cellWidget(row, 2).currentText())
        for row in range(table.rowCount())
    ]


def test_mask_files_lie_on_their_micrographs_with_scale_and_classes(
    viewer: Viewer, layer: Any, mask: Mask, classes: ClassTable, tmp_path: Path, add: Callable[..., str]
) -> None:
    ours = write_mask(tmp_path / "alloy_mask.tif", mask, classes)
    tifffile.imwrite(tmp_path / "steel.tif", mask * np.uint8(40))
    told = "2 masks added. 1 mask without an open micrograph, which it joins when that is opened."
    assert add(ours, tmp_path / "steel.tif") == told
    found, alone = viewer.layers["alloy_mask"], viewer.layers["steel_mask"]
    assert isinstance(found, Labels)
    assert micrograph_of(viewer, found) is layer
    assert micrograph_of(viewer, alone) is None
    for name in ("scale", "translate", "units"):
        assert tuple(getattr(found, name)) == tuple(getattr(layer, name))
    assert list(found.features["class"]) == ["matrix", "particle"]
    assert micrograph_layers(viewer) == [layer]


def test_a_mask_of_another_size_and_a_file_that_is_no_mask_are_told(
    viewer: Viewer, layer: Any, tmp_path: Path, add: Callable[..., str]
) -> None:
    tifffile.imwrite(tmp_path / "alloy.tif", np.ones((9, 8), np.uint8))
    tifffile.imwrite(tmp_path / "map.tif", np.full((9, 8), 0.3, np.float32))
    said = add(tmp_path / "alloy.tif", tmp_path / "map.tif")
    assert said.startswith("No mask was added. alloy has 9 × 8 px and its micrograph 64 × 96: it was not added.")
    assert "map.tif is not a mask" in said
    assert list(viewer.layers) == [layer]


def test_masks_that_were_opened_as_pictures_are_no_micrographs_and_become_masks_by_a_click(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, layer: Any, mask: Mask, child: Find, tmp_path: Path
) -> None:
    dim = viewer.add_image(mask * np.uint8(3), name="alloy")
    viewer.add_image(mask, name="alloy_mask")
    assert [one.name for one in mask_pictures(viewer)] == ["alloy [1]", "alloy_mask"]
    assert micrograph_layers(viewer) == [layer]
    assert "were opened as pictures, but are masks" in child(measure, "mask_offer_label").text()
    qtbot.mouseClick(child(measure, "use_as_masks_button"), Qt.MouseButton.LeftButton)
    assert dim not in viewer.layers
    assert child(measure, "measure_masks_list").checked() == ["alloy_mask", "alloy_mask [1]"]
    assert not child(measure, "mask_offer_widget").isVisibleTo(measure)
    assert all(np.allclose(viewer.layers[name].scale, 0.0125) for name in ("alloy_mask", "alloy_mask [1]"))


def test_a_picture_with_a_class_table_beside_its_file_is_a_mask_and_any_other_alone_is_a_micrograph(
    viewer: Viewer, mask: Mask, classes: ClassTable, tmp_path: Path
) -> None:
    path = write_mask(tmp_path / "a.tif", mask, classes)
    (other := tmp_path / "b_mask.tif").write_bytes(path.read_bytes())
    viewer.open([str(path), str(other)], plugin="napari")
    assert class_table_path(path).exists()
    assert [one.name for one in mask_pictures(viewer)] == ["a"]
    assert [one.name for one in micrograph_layers(viewer)] == ["b_mask"]


def test_a_mask_that_napari_opened_without_scale_is_laid_over_its_micrograph_and_has_the_classes_of_its_file(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, layer: Any, mask: Mask, child: Find, tmp_path: Path
) -> None:
    file = write_mask(tmp_path / "painted.tif", mask, ClassTable.from_names({1: "γ", 2: "γ′"}))
    (opened,) = viewer.open(str(file), layer_type="labels", plugin="napari")
    button, zoom = child(measure, "lay_mask_over_button"), camera_of(viewer).zoom
    qtbot.waitUntil(lambda: bool(button.isVisibleTo(measure)), timeout=LONG)
    assert (list(opened.features["class"]), button.text()) == (["γ", "γ′"], "Lay it over alloy")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert np.array_equal(opened.extent.world, layer.extent.world)
    assert camera_of(viewer).zoom == zoom
    assert not button.isVisibleTo(measure)


def test_a_mask_of_any_name_may_be_laid_over_the_only_micrograph_of_its_shape_on_screen(mask: Mask) -> None:
    viewer = ViewerModel()
    micrographs = [viewer.add_image(np.zeros(mask.shape), name=name, scale=(0.02, 0.02)) for name in ("a", "b")]
    labels = viewer.add_labels(mask, name="painted")
    assert masks_beside(viewer) == []
    micrographs[0].visible = False
    assert masks_beside(viewer) == [(labels, micrographs[1])]
    labels.scale = micrographs[0].scale
    assert masks_beside(viewer) == []


def test_an_added_mask_joins_a_micrograph_that_is_opened_later_and_comes_and_goes_with_it(
    qtbot: QtBot, viewer: Viewer, layer: Any, mask: Mask, tmp_path: Path, add: Callable[..., str]
) -> None:
    tifffile.imwrite(tmp_path / "steel_mask.tif", mask)
    add(tmp_path / "steel_mask.tif")
    layer.visible = True
    added = viewer.layers["steel_mask"]
    late = viewer.add_image(np.asarray(layer.data), name="steel", scale=(0.02, 0.02), units=("um", "um"))
    added.visible = False  # as when a project shows one micrograph
    qtbot.waitUntil(lambda: bool(added.visible), timeout=LONG)
    assert viewer.layers.index(added) > viewer.layers.index(late)
    assert tuple(added.scale) == (0.02, 0.02)
    late.visible = False
    qtbot.waitUntil(lambda: not added.visible, timeout=LONG)


@pytest.fixture
def adding(qtbot: QtBot) -> Iterator[MaskAdding]:
    offer, add = MaskOffer(), QPushButton()
    for widget in (offer, add):
        qtbot.addWidget(widget)
    alone = MaskAdding(ViewerModel(), offer, add)
    yield alone
    assert end_all((alone.background,), 30)


def test_layers_may_be_renamed_or_closed_while_masks_are_added(
    qtbot: QtBot, adding: MaskAdding, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{name}.tif" for name in "abc"]
    for path in paths:
        tifffile.imwrite(path, np.ones((4, 5), np.uint8))

    def change(_: object) -> None:
        layers = adding._viewer.layers
        (layers.remove if len(layers) == 2 else lambda layer: setattr(layer, "name", "other"))(layers[-1])

    adding.background.reported.connect(change)
    with qtbot.waitSignals([adding.said, adding.added], timeout=LONG) as heard:
        adding.add_files(paths)
        assert not adding._add.isEnabled()
    assert adding._add.isEnabled()
    assert heard.all_signals_and_args[-1].args == (["other"],)


def test_files_that_are_no_masks_are_counted_and_an_unexpected_error_is_the_last_word(
    qtbot: QtBot, adding: MaskAdding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    adding.said.connect(said.append)
    adding.failed.connect(said.append)
    with qtbot.waitSignal(adding.added, timeout=LONG):
        adding.add_files([tmp_path / f"{number}.tif" for number in range(10)])
    assert said[-1].startswith("No mask was added.")
    assert said[-1].endswith("8 more files were not added.")
    monkeypatch.setattr("napari_csunet.widgets.mask_files.MaskFile", None)
    tifffile.imwrite(tmp_path / "a.tif", np.ones((4, 5), np.uint8))
    with qtbot.waitSignal(adding.added, timeout=LONG):
        adding.add_files([tmp_path / "a.tif"])
    assert isinstance(said[-1], TypeError)


def test_a_mask_that_is_predicted_anew_with_other_classes_has_these(
    qtbot: QtBot, measure: MeasureWidget, layer: Any, mask: Mask, classes: ClassTable, child: Find, viewer: Viewer
) -> None:
    show_prediction(viewer, layer, Prediction("alloy", mask), classes)
    table = child(measure, "measure_classes_table")
    qtbot.waitUntil(lambda: table.rowCount() == 2, timeout=LONG)
    table.item(1, 1).setText("γ′")
    qtbot.waitUntil(lambda: rows(table)[1][1] == "γ′", timeout=LONG)
    others = ClassTable.from_names({1: "matrix", 2: "particle", 3: "pore"})
    show_prediction(viewer, layer, Prediction("alloy", mask), others)
    qtbot.waitUntil(lambda: [name for _, name, _ in rows(table)] == ["matrix", "particle", "pore"], timeout=LONG)


@pytest.mark.slow
def test_names_and_kinds_of_the_table_of_classes_reach_the_numbers(
    qtbot: QtBot, viewer: Viewer, measure: MeasureWidget, mask: Mask, child: Find
) -> None:
    viewer.add_labels(mask, name="steel")
    table = child(measure, "measure_classes_table")
    qtbot.waitUntil(lambda: table.rowCount() == 2, timeout=LONG)
    assert rows(table) == [("1", "class 1", "matrix"), ("2", "class 2", "particles")]
    table.item(1, 1).setText("γ′")
    qtbot.waitUntil(lambda: rows(table)[1] == ("2", "γ′", "particles"), timeout=LONG)
    child(table, "measured_as_1_combo").setCurrentText("particles")
    qtbot.waitUntil(lambda: table.kinds() == {1: Kind.PARTICLES, 2: Kind.PARTICLES}, timeout=LONG)
    qtbot.mouseClick(child(measure, "measure_button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not measure.is_measuring, timeout=LONG)
    assert measure.measured is not None
    assert set(measure.measured.tables.objects["class"]) == {"class 1", "γ′"}
    table.item(0, 1).setText("matrix")
    qtbot.waitUntil(lambda: rows(table)[0] == ("1", "matrix", "matrix"), timeout=LONG)
