"""Classes are merged, removed, imported and exported; the labels follow, in open and in closed micrographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu, QMessageBox

from napari_csunet import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.micrographs.writing import write_mask
from napari_csunet.widgets import project_session
from napari_csunet.widgets.class_changes import ClassChanges
from napari_csunet.widgets.class_table import ClassTableEditor
from napari_csunet.widgets.class_table_files import ClassTableFiles, read_classes
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.painted_classes import PaintedClasses
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.result_layers import add_label_layer

Find = Callable[[Any, str], Any]
THREE = ClassTable.parse("1=matrix,2=pore,3=oxide")


@pytest.fixture
def labels(viewer: Viewer, fine_tune: FineTuneWidget, layer: Any, child: Find) -> Any:
    """The painted classes matrix, pore and oxide of the open micrograph."""
    fine_tune.class_table.set_value(THREE)
    child(fine_tune, "new_labels_button").click()
    made = viewer.layers["alloy · labels"]
    for value in THREE.values:
        made.paint((10 * value, 30), value)
    return made


@pytest.fixture
def act(fine_tune: FineTuneWidget, child: Find) -> Callable[[str], None]:
    """Opens the menu beside the class table and clicks an action, or that of a class in the menu *Merge*."""

    def trigger(name: str) -> None:
        menu: QMenu = child(fine_tune, "class_table_menu_button").menu()
        menu.aboutToShow.emit()
        found = [one for one in menu.findChildren(QAction) if name in (one.objectName(), one.text())]
        assert found[0].isEnabled()
        found[0].trigger()

    return trigger


def counts(labels: Any) -> list[int]:
    return [int((labels.data == value).sum()) for value in range(1, 5)]


def test_merged_strokes_belong_to_the_other_class_until_it_is_undone(
    fine_tune: FineTuneWidget, labels: Any, child: Find, act: Callable[[str], None]
) -> None:
    before = counts(labels)
    fine_tune.class_table.pick(1)
    act("oxide")
    assert fine_tune.class_table.value().class_names == ("matrix", "oxide")
    assert counts(labels) == [before[0], 0, before[1] + before[2], 0]
    assert "pore is oxide now" in child(fine_tune, "class_table_label").text()
    assert labels.selected_label == 3
    act("undo_class_change_action")
    assert (fine_tune.class_table.value(), counts(labels)) == (THREE, before)


def test_a_class_that_is_added_never_inherits_strokes_of_a_removed_one(
    fine_tune: FineTuneWidget, labels: Any, child: Find, act: Callable[[str], None]
) -> None:
    before = counts(labels)
    fine_tune.class_table.pick(2)
    act("remove_class_action")
    assert counts(labels) == [*before[:2], 0, 0]
    assert f"Removed oxide: {before[2]} px" in child(fine_tune, "class_table_label").text()
    child(fine_tune, "add_class_button").click()
    assert fine_tune.class_table.value().values == (1, 2, 4)
    assert labels.selected_label == 4


def test_where_0_is_a_class_removed_strokes_do_not_become_it(
    fine_tune: FineTuneWidget, labels: Any, child: Find
) -> None:
    before = counts(labels)
    child(fine_tune, "zero_is_class_check").click()
    fine_tune.class_table.pick(3)
    child(fine_tune, "remove_class_button").click()
    assert fine_tune.class_table.value().values == (0, 1, 2)
    assert counts(labels) == before


@pytest.fixture
def editor(qtbot: QtBot, model: ViewerModel, session: ProjectSession) -> Iterator[ClassTableEditor]:
    """A class table whose labels are those of the project."""
    made, opened = ClassTableEditor(), OpenMicrographs(model, lambda: THREE)
    qtbot.addWidget(made)
    made.set_value(THREE)
    changes = ClassChanges(made, opened, PaintedClasses(model, opened, lambda: session))
    yield made
    changes.stop()
    assert changes.background.wait(10)


def test_label_files_of_closed_micrographs_follow(
    qtbot: QtBot,
    session: ProjectSession,
    editor: ClassTableEditor,
    show: Callable[[ProjectSession, str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 1)
    for key in ("spot 0", "spot 1"):
        show(session, key).paint((10, 10), 2)
        session.save()
    path, shown = session.project.labels_path("spot 0"), show(session, "spot 1")
    before = read_labels(path)
    editor.merge_wanted.emit(2, 3)
    assert not (shown.data == 2).any()
    qtbot.waitUntil(lambda: set(session.project.entry("spot 0").painted) == {3}, timeout=5000)
    assert ((read_labels(path) == 3) == (before == 2)).all()
    qtbot.waitUntil(lambda: not editor._menu._undo.text().endswith("pore"), timeout=5000)
    editor.undo_wanted.emit()
    qtbot.waitUntil(lambda: set(session.project.entry("spot 0").painted) == {2}, timeout=5000)
    assert (read_labels(path) == before).all()
    assert (editor.value(), set(np.unique(shown.data))) == (THREE, {0, 2})


@pytest.fixture
def files(qtbot: QtBot, model: ViewerModel) -> tuple[ClassTableFiles, ClassTableEditor]:
    """*Import* and *Export* of a table whose classes are painted on a micrograph."""
    editor, opened = ClassTableEditor(), OpenMicrographs(model, lambda: THREE)
    qtbot.addWidget(editor)
    editor.set_value(THREE)
    labels = add_label_layer(model, model.add_image(np.zeros((8, 8)), name="alloy"), THREE)
    labels.data = np.repeat([[0, 1, 2, 3]], 8, axis=0).repeat(2, axis=1).astype(np.uint8)
    return ClassTableFiles(editor, PaintedClasses(model, opened, lambda: None)), editor


def test_a_class_table_is_the_same_after_export_and_import(
    tmp_path: Path, files: tuple[ClassTableFiles, ClassTableEditor]
) -> None:
    exporting, table = files
    exporting.export_to(tmp_path / "alloy.json")
    table.set_value(ClassTable.parse("1=class 1,2=class 2"))
    exporting.import_from(tmp_path / "alloy.classes.json")
    assert table.value() == THREE


def test_painted_classes_get_no_other_names_unasked(
    tmp_path: Path, files: tuple[ClassTableFiles, ClassTableEditor], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def decline(parent: Any, title: str, question: str) -> Any:
        asked.append(question)
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", decline)
    (importing, table), path = files, tmp_path / "other.tif"
    write_mask(path, np.ones((4, 4), np.uint8), ClassTable.parse("0=ground,1=crack,2=pore"))
    importing.import_from(path)
    assert "what is not painted becomes ground\nmatrix becomes crack" in asked[0]
    assert table.value() == THREE
    monkeypatch.setattr(QMessageBox, "question", lambda *args: QMessageBox.StandardButton.Yes)
    importing.import_from(path)
    assert table.value().class_names == ("ground", "crack", "pore")
    assert table._status.text().endswith("Not in it, so unlabelled: oxide.")


def test_classes_come_from_a_project_too_and_not_from_any_file(tmp_path: Path, session: ProjectSession) -> None:
    assert read_classes(session.project.folder / "project.json") == session.project.description.classes
    (tmp_path / "foreign.json").write_text('{"a": 1}')
    with pytest.raises(LabelError, match=r"foreign\.json is not a class table"):
        read_classes(tmp_path / "foreign.json")
