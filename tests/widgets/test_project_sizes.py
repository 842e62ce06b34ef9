"""Pixel sizes given by hand stay with the project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from napari.components import ViewerModel

from napari_csunet import ClassTable
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.project.description import PROJECT_FILE
from napari_csunet.project.predicted_masks import closed_masks
from napari_csunet.project.project import Project
from napari_csunet.widgets import project_session
from napari_csunet.widgets.layers import pixel_size_of
from napari_csunet.widgets.measure_sources import give_size_to
from napari_csunet.widgets.project_layers import camera_of
from napari_csunet.widgets.project_session import ProjectSession

pytestmark = pytest.mark.usefixtures("saves_soon")
Show = Callable[[ProjectSession, str], Any]
SIZE = PixelSize(24.0, 24.0)


def reopened(model: ViewerModel, session: ProjectSession, images: Path) -> ProjectSession:
    assert session.close(10)
    return ProjectSession(model, Project.open(images))


def test_a_size_set_by_hand_comes_back_with_the_view_in_its_unit(
    model: ViewerModel, images: Path, classes: ClassTable, show: Show
) -> None:
    session = ProjectSession(model, Project.create(images, classes))
    show(session, "spot 0")
    assert "pixel_size" not in (images / PROJECT_FILE).read_text()
    give_size_to(model, model.layers["spot 0"], SIZE)
    model.reset_view()
    seen = camera_of(model).center, camera_of(model).zoom
    again = reopened(model, session, images)
    labels = show(again, "spot 0")
    assert (pixel_size_of(model.layers["spot 0"]), pixel_size_of(labels)) == (SIZE, SIZE)
    assert (camera_of(model).center, camera_of(model).zoom) == (pytest.approx(seen[0]), pytest.approx(seen[1]))
    show(again, "spot 1")
    assert pixel_size_of(model.layers["spot 1"]) is None
    assert again.close(10)


def test_what_all_open_micrographs_were_given_is_that_of_those_opened_later(
    model: ViewerModel, session: ProjectSession, show: Show
) -> None:
    for key in ("spot 0", "spot 1"):
        show(session, key)
        give_size_to(model, model.layers[key], SIZE)
    session.save()
    show(session, "spot 2")
    assert pixel_size_of(model.layers["spot 2"]) == SIZE
    session.save()
    assert session.project.entry("spot 2").pixel_size == SIZE


def test_micrographs_that_are_closed_train_with_the_size_they_were_given(
    model: ViewerModel, session: ProjectSession, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_session, "KEPT_OPEN", 1)
    show(session, "spot 0").paint((10, 10), 1)
    give_size_to(model, model.layers["spot 0"], SIZE)
    session.save()
    show(session, "spot 1")
    (closed,) = session.labelled_files("train")
    assert closed.read().pixel_size == SIZE
    (place,) = (one for one in closed_masks(session.project, lambda key: key != "spot 0"))
    assert place.read().pixel_size == SIZE
