from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from napari_csunet import ClassTable, PixelSize
from napari_csunet.errors import LabelError
from napari_csunet.measurement.kind import Kind
from napari_csunet.measurement.summary import measure
from napari_csunet.widgets.clean_up_work import clean_masks
from napari_csunet.widgets.measure_distributions import (
    BY_GROUP,
    PROPERTIES,
    bin_edges,
    distributions,
    group_of,
)
from napari_csunet.widgets.measure_plot import ticks
from napari_csunet.widgets.measure_results import MeasureChoices
from napari_csunet.widgets.measure_sources import CleanUp, MaskSource
from napari_csunet.widgets.measure_survey import survey_masks
from napari_csunet.widgets.measure_work import GRAINS, MeasuredMasks, measure_masks

Mask = npt.NDArray[np.uint8]
CHOICES = MeasureChoices({})


def measured(*sources: MaskSource) -> MeasuredMasks:
    *_, last = measure_masks(sources, CHOICES, threading.Event())
    assert last.measured is not None
    return last.measured


def source(name: str, values: Any, classes: ClassTable | None = None) -> MaskSource:
    return MaskSource(name, values, classes, PixelSize(10, 20))


def test_class_by_class_gives_the_same_tables_as_all_at_once(mask: Mask, classes: ClassTable) -> None:
    found = measured(source("alloy", mask, classes), source("steel", mask[::-1], classes))
    fields = [field for result in found.results for field in found.study.fields_of(result)]
    whole = measure(fields, classes, replace(found.study.plan.measured, correlation=False))
    pd.testing.assert_frame_equal(found.tables.summary, whole.summary)
    pd.testing.assert_frame_equal(found.tables.objects, whole.objects)


def test_a_measurement_ends_within_a_class_when_it_is_stopped(mask: Mask, classes: ClassTable) -> None:
    stopped = threading.Event()
    reports = measure_masks([source("alloy", mask, classes)], CHOICES, stopped)
    assert [next(reports).doing for _ in range(2)] == ["reading the masks", "measuring matrix"]
    stopped.set()
    assert list(reports) == []


def test_two_masks_of_one_name_keep_two_names(mask: Mask, classes: ClassTable) -> None:
    assert measured(source("alloy", mask, classes), source("alloy", mask, classes)).names == ["alloy", "alloy-2"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (np.full((20, 20), 0.3, np.float32), "no class value"),
        (np.zeros((20, 20), np.uint8), "no value above 0"),
    ],
    ids=["a probability map", "an empty mask"],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(values: Any, sentence: str) -> None:
    with pytest.raises(LabelError, match=sentence):
        measured(source("alloy_mask", values))


def test_touching_objects_that_a_mask_numbers_are_measured_one_by_one_and_as_grains() -> None:
    numbers = np.kron(np.arange(1, 65).reshape(8, 8), np.ones((6, 6), int))
    found = measured(source("grains", numbers))
    assert found.measured_names[-1] == GRAINS
    assert len(found.tables.objects) == 64
    assert np.isfinite(found.study.row("grain_size_number", "ASTM E112 G", GRAINS).value)
    *_, survey = survey_masks([source("grains", numbers)], replace(CHOICES, zero_is_class=False))
    assert (survey.classes.values, survey.kinds, survey.numbered) == ((1,), {1: Kind.GRAINS}, True)


def test_what_the_user_says_of_a_class_goes_before_what_it_looks_like(mask: Mask) -> None:
    said = MaskSource("alloy", mask, None, PixelSize(10, 20), kinds={2: Kind.LAYER})
    *_, survey = survey_masks([said], CHOICES)
    assert survey.kinds == {1: Kind.MATRIX, 2: Kind.LAYER}
    assert measured(said).study.layer_classes == ["class 2"]


def test_masks_with_other_classes_are_not_mixed(mask: Mask, classes: ClassTable) -> None:
    other = ClassTable.from_names({1: "ferrite", 2: "pearlite"})
    with pytest.raises(LabelError, match="alloy and steel have different classes"):
        measured(source("alloy", mask, classes), source("steel", mask, other))


def test_a_second_clean_up_starts_from_the_mask_before_the_first(mask: Mask, classes: ClassTable) -> None:
    def cleaned(area: float, before: MaskSource) -> Any:
        return next(clean_masks([before], {2: CleanUp(smallest=area)}, CHOICES, preview=False)).done

    strong = cleaned(300, source("alloy", mask, classes))
    again = MaskSource("alloy", strong.applied(mask), classes, None, cleaned=strong)
    assert strong.changed_pixels > 0
    assert cleaned(20, again).changed_pixels == 0
    assert np.array_equal(strong.undone(strong.applied(mask)), mask)


def test_splits_are_drawn_as_lines_in_the_preview_only(classes: ClassTable) -> None:
    y, x = np.mgrid[:40, :60]
    touching = np.where(np.minimum((x - 20) ** 2, (x - 38) ** 2) + (y - 20) ** 2 < 100, 2, 1).astype(np.uint8)
    shown = next(clean_masks([source("alloy", touching, classes)], {2: CleanUp(split=0.8)}, CHOICES, preview=True))
    assert shown.done.changed_pixels == 0
    assert shown.shown is not None
    assert set(np.unique(shown.shown)) == {0, 1, 2}


def test_names_that_differ_in_their_last_number_are_one_group() -> None:
    names = ["alloy_1", "alloy_2", "steel 3 [0]", "7"]
    assert [group_of(name) for name in names] == ["alloy", "alloy", "steel 3", "7"]
    table = pd.DataFrame({"micrograph": names, "equivalent_diameter": [3.0, 1, 2, 4], "weight": [1.0, 1, 1, 0]})
    found = distributions(table, PROPERTIES["Diameter"], BY_GROUP)
    assert [(one.name, list(one.values)) for one in found] == [("alloy", [1, 3]), ("steel 3", [2])]


def test_the_axis_holds_all_values_and_round_ticks() -> None:
    edges = bin_edges(np.array([5.0]))
    assert edges[0] < 5 < edges[-1] or edges[0] == 5
    assert ticks(0, 0.31) == [0, 0.1, 0.2, 0.3]
