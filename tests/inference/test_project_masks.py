"""Closed micrographs of a project are predicted one after the other, and nothing that was corrected is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, PredictionConfig, TrainingConfig
from napari_csunet.inference.project_masks import ClosedPrediction
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.micrographs.writing import read_class_table, write_mask
from napari_csunet.model.zoo import build_model
from napari_csunet.project.predicted_masks import MaskPlace, Settled, closed_masks
from napari_csunet.project.project import Project

TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), window=4)
TILES = PredictionConfig(tile=64, overlap=32, device="cpu", precision="float32")


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    classes = ClassTable.from_names({1: "matrix", 2: "pore"})
    provenance = Provenance(model=TINY, classes=classes, training=TrainingConfig())
    return Checkpoint(provenance, copied_state(build_model(TINY)))


@pytest.fixture
def project(tmp_path: Path, classes: ClassTable, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    (tmp_path / "alloy").mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 60_000, (32, 48), np.uint16)
        tifffile.imwrite(tmp_path / "alloy" / f"spot {number}.tif", pixels)
    made = Project.create(tmp_path / "alloy", classes)
    yield made
    made.close()


def predicted(checkpoint: Checkpoint, project: Project, most: int = 9) -> dict[str, Settled]:
    """By its key, what has come of each closed micrograph; the project is closed after so many."""
    some: dict[str, Settled] = {}
    places = closed_masks(project, lambda key: key == "spot 2")
    for report in ClosedPrediction(checkpoint, project, TILES, lambda: len(some) < most).reports(places):
        if isinstance(report, Settled):
            some[report.name] = report
            project.change_entry(report.name, **report.changes)
    return some


def test_each_mask_is_saved_with_its_classes_and_what_the_project_notes(
    checkpoint: Checkpoint, project: Project
) -> None:
    some = predicted(checkpoint, project)
    assert set(some) == {"spot 0", "spot 1"}
    assert [key for key in project.keys if project.is_predicted(key)] == ["spot 0", "spot 1"]
    assert read_class_table(project.mask_path("spot 0")) == checkpoint.classes
    prediction = some["spot 0"].prediction
    assert prediction is not None
    np.testing.assert_array_equal(read_labels(project.mask_path("spot 0")), prediction.mask)
    assert 0 <= (project.entry("spot 0").uncertainty or 0) <= 1


def test_a_mask_as_the_network_made_it_is_replaced_and_one_that_was_corrected_is_kept(
    checkpoint: Checkpoint, project: Project
) -> None:
    predicted(checkpoint, project)
    corrected = np.full((32, 48), 2, np.uint8)
    write_mask(project.mask_path("spot 1"), corrected, checkpoint.classes, overwrite=True)
    again = predicted(checkpoint, project)
    assert [again[key].aside for key in ("spot 0", "spot 1")] == ["", "spot 1_mask (aside).tif"]
    kept = project.mask_path("spot 1").with_name("spot 1_mask (aside).tif")
    np.testing.assert_array_equal(read_labels(kept), corrected)


def test_a_picture_that_cannot_be_read_is_told_and_the_others_are_predicted(
    checkpoint: Checkpoint, project: Project
) -> None:
    project.image_path("spot 0").write_bytes(b"II*")
    some = predicted(checkpoint, project)
    assert some["spot 0"].message.startswith("spot 0 is left out: ")
    assert not some["spot 0"].changes
    assert project.is_predicted("spot 1")


def test_nothing_is_read_or_written_for_a_project_that_was_closed(
    checkpoint: Checkpoint, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, before = [], MaskPlace.read

    def noted(place: MaskPlace) -> Micrograph:
        read.append(place.key)
        return before(place)

    monkeypatch.setattr(MaskPlace, "read", noted)
    assert set(predicted(checkpoint, project, most=1)) == {"spot 0"}
    assert read == ["spot 0"]
    assert not project.is_predicted("spot 1")


def test_an_earlier_mask_stays_if_the_project_is_closed_while_it_is_read(
    checkpoint: Checkpoint, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_projects = [project]
    monkeypatch.setattr(MaskPlace, "may_be_corrected", lambda *_: bool(open_projects.pop()))
    earlier = np.full((32, 48), 2, np.uint8)
    write_mask(project.mask_path("spot 0"), earlier, checkpoint.classes)
    closed = ClosedPrediction(checkpoint, project, TILES, lambda: bool(open_projects))
    assert not any(isinstance(one, Settled) for one in closed.reports(closed_masks(project, lambda _: False)))
    np.testing.assert_array_equal(read_labels(project.mask_path("spot 0")), earlier)
