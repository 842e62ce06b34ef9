"""Which pictures are masks is found out once for all of them, by names, class tables and how even they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers._source import layer_source

from napari_csunet import ClassTable
from napari_csunet.micrographs.writing import write_mask
from napari_csunet.widgets import mask_pictures
from napari_csunet.widgets.layers import micrograph_layers, note, pictures_of
from napari_csunet.widgets.mask_layers import known_classes, pair_late
from napari_csunet.widgets.measure_sources import micrograph_of, size_of

NOISE = np.random.default_rng(0).integers(3, 250, (64, 64), np.uint8)
HALVES = np.ones((64, 1), np.uint8) * np.repeat(np.array([1, 2], np.uint8), 32)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of a picture for each time that its names are looked up."""
    seen: list[str] = []
    look = mask_pictures.stems_of

    def counted(layer: Any) -> set[str]:
        seen.append(str(layer.name))
        return look(layer)

    monkeypatch.setattr(mask_pictures, "stems_of", counted)
    return seen


def test_each_picture_is_looked_at_once_however_many_masks_are_asked_for(looks: list[str]) -> None:
    viewer = ViewerModel()
    for number in range(12):
        viewer.add_image(NOISE, name=f"alloy {number}")
        kept = note("added mask") if number % 2 else {}
        viewer.add_labels(HALVES, name=f"alloy {number}_mask", metadata=kept)
    looks.clear()
    pictures, masks = pictures_of(viewer), viewer.layers[1::2]
    assert [micrograph_of(viewer, mask, pictures) for mask in masks] == list(viewer.layers[::2])
    assert [size_of(viewer, mask, pictures) for mask in masks] == [None] * 12
    assert len(looks) == 12
    pair_late(viewer)
    assert len(looks) == 24


def test_a_micrograph_beside_the_class_table_of_its_mask_stays_one(tmp_path: Path) -> None:
    mask = write_mask(tmp_path / "alloy.tif", HALVES, ClassTable.from_names({1: "matrix", 2: "pore"}))
    viewer = ViewerModel()
    for path, pixels in ((mask, HALVES), (mask.with_suffix(".png"), NOISE)):
        with layer_source(path=str(path)):
            viewer.add_image(pixels, name="alloy")
    assert micrograph_layers(viewer) == [viewer.layers[1]]


@pytest.mark.parametrize("counts", [0.05, 0.5, 3], ids=str)
def test_a_map_of_few_counts_is_no_mask_of_the_picture_of_its_name(counts: float) -> None:
    viewer = ViewerModel()
    for pixels in (NOISE, np.random.default_rng(1).poisson(counts, (64, 64)).astype(np.uint8)):
        viewer.add_image(pixels, name="alloy")
    assert len(micrograph_layers(viewer)) == 2


def test_a_picture_is_judged_by_the_pixels_that_it_has_now() -> None:
    viewer = ViewerModel()
    viewer.add_image(NOISE, name="alloy")
    other = viewer.add_image(HALVES, name="alloy")
    assert micrograph_layers(viewer) == [viewer.layers[0]]
    other.data = NOISE.copy()
    assert len(micrograph_layers(viewer)) == 2


def test_a_mask_has_the_classes_of_an_open_layer_that_lists_just_its_values() -> None:
    viewer, classes = ViewerModel(), ClassTable.from_names({1: "matrix", 2: "pore"})
    viewer.add_labels(HALVES, metadata=note("labels", classes))
    assert known_classes(viewer, HALVES) == classes
    assert known_classes(viewer, HALVES - 1) is None
    assert known_classes(viewer, np.arange(3, dtype=np.uint8)) is None
