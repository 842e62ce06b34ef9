"""An open project without a window: what is painted is saved, few micrographs stay open, nothing is lost."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.micrographs.writing import write_mask
from napari_csunet.project.description import PROJECT_FILE
from napari_csunet.project.label_files import write_labels
from napari_csunet.project.project import Project
from napari_csunet.reports import Prediction
from napari_csunet.widgets import project_autosave, project_session
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.result_layers import show_prediction
from napari_csunet.widgets.training_material import training_material, with_closed

CLASSES = ClassTable.from_names({1: "matrix", 2: "pore"})


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_autosave, "SAVE_MS", 50)
    monkeypatch.setattr(project_autosave, "RETRY_MS", 100)


@pytest.fixture
def model() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def session(qtbot: QtBot, model: ViewerModel, images: Path) -> Iterator[ProjectSession]:
    made = ProjectSession(model, Project.create(images, CLASSES))
    yield made
    assert made.close(10)


def show(qtbot: QtBot, session: ProjectSession, key: str) -> Any:
    """Labels of a micrograph, once they are on screen."""
    with qtbot.waitSignal(session.shown, timeout=5000, check_params_cb=lambda shown: shown == key):
        session.show(key)
    return session._open.labels(key)


def painted(session: ProjectSession, key: str) -> dict[int, int]:
    return session.project.entry(key).painted


def test_strokes_and_undone_strokes_are_saved_by_themselves(qtbot: QtBot, session: ProjectSession) -> None:
    labels, path = show(qtbot, session, "spot 0"), session.project.labels_path("spot 0")
    assert not path.exists()
    labels.paint((10, 10), 1)
    labels.paint((20, 30), 2)
    qtbot.waitUntil(lambda: path.is_file() and bool((read_labels(path) == labels.data).all()), timeout=5000)
    qtbot.waitUntil(lambda: set(painted(session, "spot 0")) == {1, 2}, timeout=5000)
    labels.undo()
    qtbot.waitUntil(lambda: not (read_labels(path) == 2).any(), timeout=5000)


def test_few_micrographs_stay_open_and_labels_come_back(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 2)
    show(qtbot, session, "spot 0").paint((10, 10), 1)
    session.save()
    for key in ("spot 1", "spot 2"):
        show(qtbot, session, key)
    assert [one.name for one in model.layers if one.visible] == ["spot 2", "spot 2 · labels"]
    assert "spot 0" not in model.layers
    assert show(qtbot, session, "spot 0").data[10, 10] == 1


def test_what_is_painted_on_closed_micrographs_can_be_learnt_from(
    qtbot: QtBot, session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 1)
    for key in ("spot 0", "spot 1", "spot 2"):
        show(qtbot, session, key).paint((10, 10), 1)
        session.save()
    session.change_entry("spot 1", role="validation")
    (hidden,) = session.labelled_files("train")
    assert (hidden.name, hidden.read().size, np.array(hidden)[10, 10]) == ("spot 0", (32, 48), 1)
    assert [one.name for one in session.labelled_files("validation")] == ["spot 1"]
    shown = session.image("spot 2")
    assert shown is not None
    assert session.role_of(shown) == "train"


def test_a_training_takes_open_and_closed_micrographs_by_their_roles(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 2)
    for key in ("spot 0", "spot 1", "spot 2", "spot 3"):
        show(qtbot, session, key).paint((10, 10), 1)
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
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 1)
    session._is_busy = lambda: True
    for key in ("spot 0", "spot 1"):
        show(qtbot, session, key)
    assert "spot 0" in model.layers


def test_a_renamed_micrograph_is_still_saved(qtbot: QtBot, session: ProjectSession) -> None:
    labels, image = show(qtbot, session, "spot 0"), session.image("spot 0")
    assert image is not None
    image.name = "alloy"
    labels.name = "something else"
    labels.paint((10, 10), 1)
    qtbot.waitUntil(session.project.labels_path("spot 0").is_file, timeout=5000)


def test_a_mask_is_kept_and_comes_back_with_its_corrections(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    show(qtbot, session, "spot 0")
    unsure = np.full((32, 48), 0.25, np.float32)
    prediction = Prediction("spot 0", np.ones((32, 48), np.uint8), uncertainty=unsure)
    show_prediction(model, model.layers["spot 0"], prediction, CLASSES)
    model.layers["spot 0 · mask"].paint((5, 5), 2)
    corrected, path = model.layers["spot 0 · mask"].data.copy(), session.project.mask_path("spot 0")
    qtbot.waitUntil(lambda: path.is_file() and bool((read_labels(path) == corrected).all()), timeout=5000)
    assert session.project.entry("spot 0").uncertainty == 0.25
    session._open.close_all_but(0, lambda *_: True)
    assert len(model.layers) == 0
    show(qtbot, session, "spot 0")
    assert (model.layers["spot 0 · mask"].data == corrected).all()


def test_a_full_disk_is_told_and_strokes_are_saved_later(
    qtbot: QtBot, session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = show(qtbot, session, "spot 0")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, qtbot.waitSignal(session.unsaved, timeout=5000) as failed:
        patched.setattr(tifffile, "imwrite", full)
        labels.paint((10, 10), 1)
        qtbot.waitUntil(lambda: failed.signal_triggered, timeout=5000)
    assert "The disk is full" in str(failed.args)
    qtbot.waitUntil(session.project.labels_path("spot 0").is_file, timeout=5000)


def test_labels_that_do_not_fit_are_set_aside(qtbot: QtBot, session: ProjectSession) -> None:
    write_labels(session.project.labels_path("spot 0"), np.ones((8, 8), np.uint8))
    with qtbot.waitSignal(session.said, timeout=5000) as told:
        show(qtbot, session, "spot 0").paint((10, 10), 1)
    assert "8 × 8, but this one has 48 × 32" in str(told.args)
    session.save()
    kept = sorted(path.name for path in session.project.labels_path("spot 0").parent.glob("*.tif"))
    assert kept == ["spot 0 (aside).tif", "spot 0.tif"]


def test_a_mask_that_does_not_fit_is_set_aside_before_the_next_prediction(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    path = session.project.mask_path("spot 0")
    write_mask(path, np.ones((8, 8), np.uint8), CLASSES)
    with qtbot.waitSignal(session.said, timeout=5000):
        show(qtbot, session, "spot 0")
    show_prediction(model, model.layers["spot 0"], Prediction("spot 0", np.ones((32, 48), np.uint8)), CLASSES)
    qtbot.waitUntil(path.is_file, timeout=5000)
    assert read_labels(path.with_name("spot 0_mask (aside).tif")).shape == (8, 8)


def test_labels_that_are_removed_are_set_aside_but_closing_all_layers_is_no_removal(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    path = session.project.labels_path("spot 0")
    show(qtbot, session, "spot 0").paint((10, 10), 1)
    with qtbot.waitSignal(session._open.closed, timeout=5000):
        model.layers.clear()
    qtbot.waitUntil(path.is_file, timeout=5000)
    labels = show(qtbot, session, "spot 0")
    with qtbot.waitSignal(session.said, timeout=5000):
        model.layers.remove(labels)
    assert not path.exists()
    assert painted(session, "spot 0") == {}


def test_painting_on_a_layer_of_no_micrograph_is_warned_of(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    show(qtbot, session, "spot 0")
    with qtbot.waitSignal(session.said, timeout=1000) as told:
        model.add_labels(np.zeros((32, 48), np.uint8), name="Labels")
    assert "Labels is not saved" in str(told.args)


def test_a_closed_session_writes_nothing_more(qtbot: QtBot, model: ViewerModel, images: Path) -> None:
    closed = ProjectSession(model, Project.create(images, CLASSES))
    labels = show(qtbot, closed, "spot 0")
    assert closed.close(keep_layers=True)
    before = (images / PROJECT_FILE).read_bytes()
    labels.brush_size = 31
    labels.paint((10, 10), 1)
    closed.touch()
    qtbot.wait(150)
    assert (images / PROJECT_FILE).read_bytes() == before
    assert not closed.project.labels_path("spot 0").exists()


def test_strokes_that_cannot_be_saved_stay_on_screen_when_the_project_is_closed(
    qtbot: QtBot, model: ViewerModel, images: Path
) -> None:
    closing = ProjectSession(model, Project.create(images, CLASSES))
    show(qtbot, closing, "spot 1")
    show(qtbot, closing, "spot 0").paint((10, 10), 1)
    (images / "labels").write_text("a file where the folder should be")
    assert closing.close()
    assert [layer.name for layer in model.layers] == ["spot 0", "spot 0 · labels"]


def test_a_stroke_that_is_undone_while_it_is_written_is_not_in_the_file(qtbot: QtBot, session: ProjectSession) -> None:
    labels, path = show(qtbot, session, "spot 0"), session.project.labels_path("spot 0")
    labels.paint((20, 30), 2)
    session.save()
    labels.paint((10, 10), 1)
    autosave = session._autosave
    late = list(autosave._write(autosave._collect(), autosave._turn))  # what the thread does
    labels.undo()
    session.save()
    assert not (read_labels(path) == 1).any()
    for report in late:
        autosave._on_background_reported(report)
    assert set(painted(session, "spot 0")) == {2}


def test_a_micrograph_that_was_renamed_is_closed_with_its_labels(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    show(qtbot, session, "spot 0").paint((10, 10), 1)
    model.layers["spot 0"].name = "another"
    session.save()
    session._open.close_all_but(0, lambda *_: True)
    assert len(model.layers) == 0


def test_a_mask_that_was_corrected_before_it_was_closed_is_kept_aside_by_the_next_prediction(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    prediction, path = Prediction("spot 0", np.ones((32, 48), np.uint8)), session.project.mask_path("spot 0")
    show(qtbot, session, "spot 0")
    show_prediction(model, model.layers["spot 0"], prediction, CLASSES)
    qtbot.waitUntil(lambda: session.project.entry("spot 0").predicted is not None, timeout=5000)
    session._open.close_all_but(0, lambda *_: True)
    show(qtbot, session, "spot 0")
    assert not model.layers["spot 0 · mask"].is_corrected
    model.layers["spot 0 · mask"].paint((5, 5), 2)
    qtbot.waitUntil(lambda: bool((read_labels(path) == 2).any()), timeout=5000)
    qtbot.waitUntil(lambda: not session._autosave.has_unsaved("spot 0"), timeout=5000)
    session._open.close_all_but(0, lambda *_: True)
    show(qtbot, session, "spot 0")
    assert model.layers["spot 0 · mask"].is_corrected


def test_next_goes_past_a_picture_that_is_gone(qtbot: QtBot, session: ProjectSession) -> None:
    show(qtbot, session, "spot 0")
    session.project.image_path("spot 1").unlink()
    with qtbot.waitSignal(session.failed, timeout=5000):
        session.step(1)
    qtbot.waitUntil(lambda: not session._reading.is_running, timeout=5000)
    with qtbot.waitSignal(session.shown, timeout=5000, check_params_cb=lambda key: key == "spot 2"):
        session.step(1)


def test_a_project_of_micrographs_of_different_size_is_closed_whole(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession
) -> None:
    tifffile.imwrite(session.project.image_path("spot 1"), np.zeros((20, 24), np.uint8))
    for key in ("spot 0", "spot 1"):
        show(qtbot, session, key).paint((5, 5), 1)
    assert session.close(10)
    assert len(model.layers) == 0
