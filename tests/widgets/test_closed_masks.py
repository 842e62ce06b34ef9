"""Masks of the closed micrographs of a project are listed and measured as those of open ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_csunet import ClassTable, PixelSize
from napari_csunet.micrographs.writing import write_mask
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.closed_masks_offer import ClosedMasks, ClosedMasksOffer
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_results import results_and_plan
from napari_csunet.widgets.measure_sources import mask_sources
from napari_csunet.widgets.project_session import ProjectSession

Show = Callable[[ProjectSession, str], Any]
CHOICES = MeasureChoices({})


@pytest.fixture
def offer(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, show: Show, classes: ClassTable
) -> Iterator[ClosedMasksOffer]:
    """Of a project of four micrographs, "spot 0" is open; 1 and 2, closed, have masks with 20 nm pixels."""
    show(session, "spot 0")
    for key in ("spot 1", "spot 2"):
        values = np.tile(np.array([1, 2], np.uint8), (32, 24))
        write_mask(session.project.mask_path(key), values, classes, PixelSize(20, 20))
    made = ClosedMasksOffer()
    qtbot.addWidget(made)
    listing = ClosedMasks(model, made)
    listing.follow(session)
    qtbot.waitUntil(lambda: not made.isHidden(), timeout=5000)
    yield made
    listing.stop()
    assert end_all((listing.background,), 10)


def layers_of(model: ViewerModel) -> list[str]:
    return [str(layer.name) for layer in model.layers if str(layer.name).endswith("_mask")]


def test_they_are_listed_by_a_click_and_measured_on_their_pictures(
    qtbot: QtBot, model: ViewerModel, offer: ClosedMasksOffer
) -> None:
    offer.take.click()
    qtbot.waitUntil(lambda: len(layers_of(model)) == 2 and offer.isHidden(), timeout=5000)
    sources = mask_sources(model, [model.layers[name] for name in layers_of(model)])
    results, plan = results_and_plan(sources, CHOICES)
    assert sorted(result.name for result in results) == ["spot 1", "spot 2"]
    assert all(result.scale == PixelSize(20, 20) and result.micrograph is not None for result in results)
    assert plan.classes.class_names == ("matrix", "particle")


def test_one_goes_when_its_micrograph_is_opened_or_its_file_changes(
    qtbot: QtBot, model: ViewerModel, session: ProjectSession, show: Show, classes: ClassTable, offer: ClosedMasksOffer
) -> None:
    offer.take.click()
    qtbot.waitUntil(lambda: len(layers_of(model)) == 2, timeout=5000)
    show(session, "spot 1")
    write_mask(session.project.mask_path("spot 2"), np.ones((32, 48), np.uint8), classes, overwrite=True)
    session.changed.emit("spot 2")
    qtbot.waitUntil(lambda: not layers_of(model), timeout=5000)
    assert not offer.isHidden()
