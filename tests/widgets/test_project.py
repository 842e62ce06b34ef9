"""Projects in a real viewer: made, gone through by key and click, closed and opened again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QFileDialog

from napari_csunet import ClassTable
from napari_csunet.project.project import Project
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.models import models_folder
from napari_csunet.widgets.project import ProjectWidget
from napari_csunet.widgets.project_layers import camera_of
from napari_csunet.widgets.project_list import ProjectList

Find = Callable[[Any, str], Any]
CLASSES = ClassTable.from_names({1: "matrix", 2: "pore"})


def click_row(qtbot: QtBot, panel: ProjectWidget, key: str) -> None:
    rows: Any = panel.findChild(ProjectList)
    (item,) = rows.findItems(key, Qt.MatchFlag.MatchStartsWith)
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualItemRect(item).center())


def shown(qtbot: QtBot, viewer: Viewer, key: str) -> Any:
    """Labels of a micrograph, once they are on screen."""
    name = f"{key} · labels"
    qtbot.waitUntil(lambda: name in viewer.layers and viewer.layers[name].visible, timeout=10_000)
    return viewer.layers[name]


def said(panel: ProjectWidget, child: Find) -> str:
    return str(child(panel, "project_status_label").text())


def drop(panel: ProjectWidget, folder: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    panel.dropEvent(QDropEvent(QPointF(5, 5), action, data, button, Qt.KeyboardModifier.NoModifier))


def test_a_project_is_made_gone_through_and_opened_again_as_it_was(
    qtbot: QtBot,
    viewer: Viewer,
    panel: ProjectWidget,
    fine_tune: FineTuneWidget,
    images: Path,
    child: Find,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(images))
    qtbot.mouseClick(child(panel, "new_project_button"), Qt.MouseButton.LeftButton)
    labels = shown(qtbot, viewer, "spot 0")
    assert (viewer.layers.selection.active, labels.mode) == (labels, "paint")
    assert child(panel, "project_list").count() == 4
    assert models_folder() == images / "checkpoints"

    fine_tune.class_table.set_value(CLASSES)
    viewer.window._qt_viewer.canvas._key_map_handler.press_key("PageDown")
    shown(qtbot, viewer, "spot 1")
    click_row(qtbot, panel, "spot 3")
    labels = shown(qtbot, viewer, "spot 3")
    labels.paint((10, 10), 2)
    labels.brush_size, labels.selected_label, labels.mode = 7, 2, "fill"
    camera = camera_of(viewer)
    camera.center, camera.zoom = (0, 12, 21), 3.5
    child(panel, "role_combo").setCurrentIndex(1)
    child(panel, "role_combo").activated.emit(1)
    painted = labels.data.copy()

    assert panel.close_background(10)
    viewer.layers.clear()
    fine_tune.class_table.set_value(ClassTable.from_names({1: "other", 2: "classes"}))
    drop(panel, images)
    again = shown(qtbot, viewer, "spot 3")
    assert (again.data == painted).all()
    assert (again.brush_size, again.selected_label, again.mode) == (7, 2, "fill")
    assert (tuple(camera.center)[-2:], camera.zoom) == ((12, 21), 3.5)
    assert fine_tune.class_table.value() == CLASSES
    assert list(again.features["class"]) == ["matrix", "pore"]
    assert child(panel, "project_list").item(3).text().split("\n")[1].startswith("validation · ")


def test_what_keeps_a_project_from_being_whole_is_told(
    qtbot: QtBot,
    viewer: Viewer,
    panel: ProjectWidget,
    images: Path,
    child: Find,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Project.create(images, CLASSES)
    panel.open_path(images)
    assert "is open in another window" in said(panel, child)
    assert panel.project is None
    first.close()

    (tmp_path / "elsewhere").mkdir()
    (images / "spot 1.tif").rename(tmp_path / "elsewhere" / "spot 1.tif")
    panel.open_path(images)
    assert "Missing: spot 1.tif" in said(panel, child)
    shown(qtbot, viewer, "spot 0")
    panel.open_path(images / "project.json")
    assert said(panel, child) == "alloy is open already."
    click_row(qtbot, panel, "spot 1")
    qtbot.waitUntil(lambda: "does not exist" in said(panel, child), timeout=5000)
    assert panel.session is not None
    with qtbot.waitSignal(panel.session.saved, timeout=5000):
        panel.session.change_entry("spot 2", role="unused")
    assert "does not exist" in said(panel, child)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "elsewhere"))
    qtbot.mouseClick(child(panel, "find_missing_button"), Qt.MouseButton.LeftButton)
    click_row(qtbot, panel, "spot 1")
    shown(qtbot, viewer, "spot 1")
    assert panel.project is not None
    viewer.window._qt_window.close()
    assert panel.project is None
