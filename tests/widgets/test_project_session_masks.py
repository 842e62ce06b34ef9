"""Masks of an open project: saved, brought back, and never lost if somebody may have corrected them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.micrographs.writing import write_mask
from napari_csunet.project.opening import Opened, Places, open_micrograph
from napari_csunet.project.predicted_masks import closed_masks
from napari_csunet.project.saving import MaskToSave
from napari_csunet.reports import Prediction
from napari_csunet.widgets import project_reading
from napari_csunet.widgets.clean_up_run import CleanUpRun
from napari_csunet.widgets.mask_cleaning import CleanUp
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.result_layers import show_prediction

Show = Callable[[ProjectSession, str], Any]
Predict = Callable[[], Any]


@pytest.fixture
def mask() -> npt.NDArray[np.uint8]:
    """With one particle of four pixels."""
    values = np.ones((32, 48), np.uint8)
    values[10:12, 10:12] = 2
    return values


@pytest.fixture
def predict(
    model: ViewerModel, session: ProjectSession, show: Show, mask: npt.NDArray[np.uint8], classes: ClassTable
) -> Predict:
    """Opens "spot 0", shows ``mask`` as a prediction of it, saves that and gives its layer."""

    def predicted() -> Any:
        show(session, "spot 0")
        unsure = np.full(mask.shape, 0.25, np.float32)
        show_prediction(model, model.layers["spot 0"], Prediction("spot 0", mask.copy(), uncertainty=unsure), classes)
        session.save()
        return model.layers["spot 0 · mask"]

    return predicted


@pytest.fixture
def reopen(qtbot: QtBot, model: ViewerModel, session: ProjectSession, show: Show) -> Predict:
    """Closes "spot 0", opens it again and gives the layer of its mask."""

    def reopened() -> Any:
        session.save()
        model.layers.clear()
        qtbot.waitUntil(lambda: session.image("spot 0") is None, timeout=5000)
        show(session, "spot 0")
        return model.layers["spot 0 · mask"]

    return reopened


def would_be_kept(session: ProjectSession) -> bool:
    """Whether a prediction of the closed micrograph would set its mask aside."""
    session.save()
    return closed_masks(session.project, lambda key: key != "spot 0")[0].may_be_corrected((32, 48))


def test_a_mask_is_kept_and_comes_back_with_its_corrections(
    session: ProjectSession, predict: Predict, reopen: Predict
) -> None:
    layer = predict()
    layer.paint((5, 5), 2)
    corrected = layer.data.copy()
    again = reopen()
    assert session.project.entry("spot 0").uncertainty == 0.25
    assert (read_labels(session.project.mask_path("spot 0")) == corrected).all()
    assert (again.data == corrected).all()


def test_a_mask_that_does_not_fit_is_set_aside_before_the_next_prediction(
    qtbot: QtBot, session: ProjectSession, predict: Predict, classes: ClassTable
) -> None:
    path = session.project.mask_path("spot 0")
    write_mask(path, np.ones((8, 8), np.uint8), classes)
    with qtbot.waitSignal(session.said, timeout=5000):
        predict()
    assert read_labels(path).shape == (32, 48)
    assert read_labels(path.with_name("spot 0_mask (aside).tif")).shape == (8, 8)


def test_a_mask_that_was_corrected_before_it_was_closed_is_kept_aside_by_the_next_prediction(
    predict: Predict, reopen: Predict
) -> None:
    predict()
    layer = reopen()
    assert not layer.may_be_corrected
    layer.paint((5, 5), 2)
    assert reopen().is_corrected


def test_a_mask_of_which_nothing_is_known_may_be_corrected_until_it_is_predicted_again(
    model: ViewerModel, session: ProjectSession, predict: Predict, show: Show, mask: Any, classes: ClassTable
) -> None:
    write_mask(session.project.mask_path("spot 0"), mask, classes)
    show(session, "spot 0")
    assert would_be_kept(session)
    assert not model.layers["spot 0 · mask"].is_corrected
    predict()
    assert "spot 0 · mask, corrected" in model.layers
    assert not would_be_kept(session)


def test_a_mask_that_was_cleaned_or_changed_by_another_program_may_be_corrected_and_one_that_is_as_it_was_not(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, predict: Predict
) -> None:
    layer, run = predict(), CleanUpRun(model, lambda _: None)
    with qtbot.waitSignal(run.applied, timeout=10_000):
        run.apply([layer], {2: CleanUp(smallest=9)}, MeasureChoices({}))
    assert not (layer.data == 2).any()
    assert would_be_kept(session)
    assert not layer.is_corrected  # by hand, as a report would say
    run.undo([layer])
    assert not would_be_kept(session)
    layer.data = np.flipud(layer.data)
    assert would_be_kept(session)


def test_a_mask_that_is_predicted_while_its_micrograph_is_opened_is_the_one_that_is_shown(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, mask: Any, classes: ClassTable, monkeypatch: Any
) -> None:
    read, written = threading.Event(), threading.Event()

    def open_slowly(places: Places) -> Generator[Opened, None, None]:
        opened = next(open_micrograph(places))
        read.set()
        written.wait(5)
        yield opened

    monkeypatch.setattr(project_reading, "open_micrograph", open_slowly)
    path = session.project.mask_path("spot 0")
    write_mask(path, np.ones_like(mask), classes)
    session.show("spot 0")
    assert read.wait(10)
    session.note_prediction("spot 0", **MaskToSave("spot 0", path, mask, classes, is_predicted=True).save().changes)
    written.set()
    qtbot.waitUntil(lambda: "spot 0 · mask" in model.layers, timeout=5000)
    assert (model.layers["spot 0 · mask"].data == mask).all()
    assert not model.layers["spot 0 · mask"].may_be_corrected


def test_a_mask_that_is_read_before_the_window_knows_that_it_was_predicted_is_not_taken_for_corrected(
    model: ViewerModel, session: ProjectSession, show: Show, mask: Any, classes: ClassTable
) -> None:
    saved = MaskToSave("spot 0", session.project.mask_path("spot 0"), mask, classes, is_predicted=True).save()
    show(session, "spot 0")
    assert model.layers["spot 0 · mask"].may_be_corrected
    session.note_prediction("spot 0", **saved.changes)
    assert not model.layers["spot 0 · mask"].may_be_corrected
