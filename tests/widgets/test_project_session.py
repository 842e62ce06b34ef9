"""An open project without a window: what is painted is saved, few micrographs stay open, nothing is lost."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.project import saving
from napari_csunet.project.description import PROJECT_FILE
from napari_csunet.project.label_files import write_labels
from napari_csunet.project.project import Project
from napari_csunet.widgets import project_session
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.training_material import training_material, with_closed

pytestmark = pytest.mark.usefixtures("saves_soon")
Show = Callable[[ProjectSession, str], Any]


def painted(session: ProjectSession, key: str) -> dict[int, int]:
    return session.project.entry(key).painted


def test_strokes_and_undone_strokes_are_saved_by_themselves(qtbot: QtBot, session: ProjectSession, show: Show) -> None:
    labels, path = show(session, "spot 0"), session.project.labels_path("spot 0")
    assert not path.exists()
    labels.paint((10, 10), 1)
    labels.paint((20, 30), 2)
    qtbot.waitUntil(lambda: path.is_file() and bool((read_labels(path) == labels.data).all()), timeout=5000)
    qtbot.waitUntil(lambda: set(painted(session, "spot 0")) == {1, 2}, timeout=5000)
    labels.undo()
    qtbot.waitUntil(lambda: not (read_labels(path) == 2).any(), timeout=5000)


def test_few_micrographs_stay_open_and_labels_come_back(
    model: ViewerModel, session: ProjectSession, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 2)
    show(session, "spot 0").paint((10, 10), 1)
    session.save()
    for key in ("spot 1", "spot 2"):
        show(session, key)
    assert [one.name for one in model.layers if one.visible] == ["spot 2", "spot 2 · labels"]
    assert "spot 0" not in model.layers
    assert show(session, "spot 0").data[10, 10] == 1


def test_what_is_painted_on_closed_micrographs_can_be_learnt_from(
    session: ProjectSession, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 1)
    for key in ("spot 0", "spot 1", "spot 2"):
        show(session, key).paint((10, 10), 1)
        session.save()
    session.change_entry("spot 1", role="validation")
    (hidden,) = session.labelled_files("train")
    assert (hidden.name, hidden.read().size, np.array(hidden)[10, 10]) == ("spot 0", (32, 48), 1)
    assert [one.name for one in session.labelled_files("validation")] == ["spot 1"]
    shown = session.image("spot 2")
    assert shown is not None
    assert session.role_of(shown) == "train"


def test_a_training_takes_open_and_closed_micrographs_by_their_roles(
    model: ViewerModel, session: ProjectSession, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 2)
    for key in ("spot 0", "spot 1", "spot 2", "spot 3"):
        show(session, key).paint((10, 10), 1)
        session.save()
    for key in ("spot 1", "spot 3"):
        session.change_entry(key, role="validation")
    layers = [image for key in ("spot 2", "spot 3") if (image := session.image(key)) is not None]
    opened = OpenMicrographs(model, lambda: ClassTable.parse("1=matrix,2=pore"))
    material = training_material(layers, {"spot 3": {1: 5}}, opened, session)
    assert [layer.name for layer in material.layers] == ["spot 2"]
    assert [one.source.name for one in material.training] == ["spot 2", "spot 0"]
    assert [one.source.name for one in material.validation] == ["spot 3", "spot 1"]
    _, names, labelled = with_closed({}, ["spot 2"], {"spot 2"}, session)
    assert (names, labelled) == (["spot 2", "spot 0"], {"spot 2", "spot 0"})


def test_without_a_project_every_layer_trains(model: ViewerModel) -> None:
    layer = model.add_image(np.zeros((8, 8)), name="loose")
    opened = OpenMicrographs(model, lambda: ClassTable.parse("1=matrix,2=pore"))
    assert training_material([layer], {}, opened, None).layers == [layer]


def test_who_presses_next_quickly_gets_the_last_one_alone(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    session.show_first()
    with qtbot.waitSignal(session.shown, timeout=5000):
        for _ in range(9):
            session.step(1)
    assert [one.name for one in model.layers] == ["spot 3", "spot 3 · labels"]


def test_micrographs_with_unsaved_strokes_or_in_use_stay_open(
    model: ViewerModel, images: Path, classes: ClassTable, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 1)
    busy = ProjectSession(model, Project.create(images, classes), lambda: True)
    for key in ("spot 0", "spot 1"):
        show(busy, key)
    assert "spot 0" in model.layers
    assert busy.close()


def test_a_renamed_micrograph_is_still_saved(qtbot: QtBot, session: ProjectSession, show: Show) -> None:
    labels, image = show(session, "spot 0"), session.image("spot 0")
    assert image is not None
    image.name = "alloy"
    labels.name = "something else"
    labels.paint((10, 10), 1)
    qtbot.waitUntil(session.project.labels_path("spot 0").is_file, timeout=5000)


def test_a_full_disk_is_told_and_strokes_are_saved_later(
    qtbot: QtBot, session: ProjectSession, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = show(session, "spot 0")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, qtbot.waitSignal(session.unsaved, timeout=5000) as failed:
        patched.setattr(tifffile, "imwrite", full)
        labels.paint((10, 10), 1)
        qtbot.waitUntil(lambda: failed.signal_triggered, timeout=5000)
    assert "The disk is full" in str(failed.args)
    qtbot.waitUntil(session.project.labels_path("spot 0").is_file, timeout=5000)


def test_labels_that_do_not_fit_are_set_aside(qtbot: QtBot, session: ProjectSession, show: Show) -> None:
    write_labels(session.project.labels_path("spot 0"), np.ones((8, 8), np.uint8))
    with qtbot.waitSignal(session.said, timeout=5000) as told:
        show(session, "spot 0").paint((10, 10), 1)
    assert "8 × 8, but this one has 48 × 32" in str(told.args)
    session.save()
    kept = sorted(path.name for path in session.project.labels_path("spot 0").parent.glob("*.tif"))
    assert kept == ["spot 0 (aside).tif", "spot 0.tif"]


def test_labels_that_are_removed_are_set_aside_but_closing_all_layers_is_no_removal(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, show: Show
) -> None:
    path = session.project.labels_path("spot 0")
    show(session, "spot 0").paint((10, 10), 1)
    model.layers.clear()
    qtbot.waitUntil(lambda: session.image("spot 0") is None, timeout=5000)
    qtbot.waitUntil(path.is_file, timeout=5000)
    labels = show(session, "spot 0")
    with qtbot.waitSignal(session.said, timeout=5000):
        model.layers.remove(labels)
    assert not path.exists()
    assert painted(session, "spot 0") == {}


def test_painting_on_a_layer_of_no_micrograph_is_warned_of(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, show: Show
) -> None:
    show(session, "spot 0")
    with qtbot.waitSignal(session.said, timeout=1000) as told:
        model.add_labels(np.zeros((32, 48), np.uint8), name="Labels")
    assert "Labels is not saved" in str(told.args)


def test_a_closed_session_writes_nothing_more(
    qtbot: QtBot, model: ViewerModel, images: Path, classes: ClassTable, show: Show
) -> None:
    closed = ProjectSession(model, Project.create(images, classes))
    labels = show(closed, "spot 0")
    assert closed.close(keep_layers=True)
    before = (images / PROJECT_FILE).read_bytes()
    labels.brush_size = 31
    labels.paint((10, 10), 1)
    closed.touch()
    qtbot.wait(150)
    assert (images / PROJECT_FILE).read_bytes() == before
    assert not closed.project.labels_path("spot 0").exists()


def test_strokes_that_cannot_be_saved_stay_on_screen_when_the_project_is_closed(
    model: ViewerModel, images: Path, classes: ClassTable, show: Show
) -> None:
    closing = ProjectSession(model, Project.create(images, classes))
    show(closing, "spot 1")
    show(closing, "spot 0").paint((10, 10), 1)
    (images / "labels").write_text("a file where the folder should be")
    assert closing.close()
    assert [layer.name for layer in model.layers] == ["spot 0", "spot 0 · labels"]


def test_a_stroke_that_is_undone_while_it_is_written_is_not_in_the_file(
    qtbot: QtBot, session: ProjectSession, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, path = show(session, "spot 0"), session.project.labels_path("spot 0")
    labels.paint((20, 30), 2)
    session.save()
    written, undone = threading.Event(), threading.Event()

    def write_slowly(*arguments: Any) -> None:
        write_labels(*arguments)
        written.set()
        undone.wait(5)

    monkeypatch.setattr(saving, "write_labels", write_slowly)
    labels.paint((10, 10), 1)
    qtbot.waitUntil(written.is_set, timeout=5000)
    labels.undo()
    undone.set()
    session.save()
    assert not (read_labels(path) == 1).any()
    qtbot.wait(50)  # now the window hears of what the thread has written
    assert set(painted(session, "spot 0")) == {2}


def test_a_micrograph_that_was_renamed_is_closed_with_its_labels(
    model: ViewerModel, session: ProjectSession, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 1)
    show(session, "spot 0").paint((10, 10), 1)
    model.layers["spot 0"].name = "another"
    session.save()
    show(session, "spot 1")
    assert [layer.name for layer in model.layers] == ["spot 1", "spot 1 · labels"]


def test_next_goes_past_a_picture_that_is_gone(qtbot: QtBot, session: ProjectSession, show: Show) -> None:
    show(session, "spot 0")
    session.project.image_path("spot 1").unlink()
    with qtbot.waitSignal(session.failed, timeout=5000):
        session.step(1)
    with qtbot.waitSignal(session.shown, timeout=5000, check_params_cb=lambda key: key == "spot 2"):
        session.step(1)


def test_who_goes_on_while_a_picture_that_is_gone_is_looked_for_gets_what_was_clicked_last(
    qtbot: QtBot, session: ProjectSession, show: Show
) -> None:
    session.project.image_path("spot 0").unlink()
    session.show("spot 0")
    with qtbot.waitSignal(session.failed, timeout=5000):
        show(session, "spot 2")
    with qtbot.waitSignal(session.shown, timeout=5000, check_params_cb=lambda key: key == "spot 3"):
        session.step(1)


def test_a_project_of_micrographs_of_different_size_is_closed_whole(
    model: ViewerModel, session: ProjectSession, show: Show
) -> None:
    tifffile.imwrite(session.project.image_path("spot 1"), np.zeros((20, 24), np.uint8))
    for key in ("spot 0", "spot 1"):
        show(session, key).paint((5, 5), 1)
    assert session.close(10)
    assert len(model.layers) == 0
