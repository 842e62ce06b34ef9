from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tifffile
from napari.components import ViewerModel

from napari_csunet import ClassTable, PixelSize
from napari_csunet.cli.mask_meaning import ReadMask, meaning_of
from napari_csunet.errors import LabelError
from napari_csunet.export.reuse import holds_for, study_of
from napari_csunet.export.study import Study
from napari_csunet.measurement.kind import Kind
from napari_csunet.measurement.summary import measure
from napari_csunet.widgets.clean_up_work import clean_masks
from napari_csunet.widgets.engine import MicrographSource
from napari_csunet.widgets.layers import note
from napari_csunet.widgets.mask_cleaning import CleanUp
from napari_csunet.widgets.mask_meaning import interpreted
from napari_csunet.widgets.mask_naming import named_classes, remember_kind, remember_names
from napari_csunet.widgets.measure_choices import AS_THEY_LOOK, CLASSES, NUMBERS, MeasureChoices
from napari_csunet.widgets.measure_distributions import (
    PROPERTIES,
    bin_edges,
    distributions,
)
from napari_csunet.widgets.measure_grouping import BY_GROUP, group_figures, group_of, groupings
from napari_csunet.widgets.measure_plot import ticks
from napari_csunet.widgets.measure_sources import MaskSource, bare_sources, mask_source, mask_sources, table_names
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


def test_what_splitting_did_is_found_out_by_the_thread(mask: Mask, classes: ClassTable) -> None:
    *_, last = measure_masks([source("alloy", mask, classes)], MeasureChoices({2: 0.5}), threading.Event())
    assert last.measured is not None
    assert "_splits" in vars(last.measured.study)
    assert any("touching objects were cut" in notice for notice in last.measured.study.notices)


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


@pytest.mark.parametrize("side", [2, 3, 4], ids=["a few values", "eight objects or classes", "numbers of objects"])
def test_the_window_reads_masks_without_a_class_table_as_the_command_line_does(tmp_path: Path, side: int) -> None:
    values = np.kron(np.arange(side**2).reshape(side, side), np.ones((5, 5), int)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values)
    there = meaning_of([ReadMask.of(tmp_path / "a.tif", "a")], None, None, None, said_with="--values")
    here = interpreted([source("a", values)], [values], CHOICES)
    assert (there.classes, there.numbered) == (here.classes, here.numbers is not None)
    assert there.words.split(":")[1].split(".")[0] == here.words.split(":")[1].split(".")[0]


def test_numbers_that_are_there_are_taken_only_while_they_hold(mask: Mask, classes: ClassTable) -> None:
    found = measured(source("alloy", mask, classes)).study
    bare = replace(found.plan, measurement=replace(found.plan.measurement, correlation=False))
    assert study_of(found.results, bare, found).measured is found.measured
    whole = study_of(found.results, found.plan, found).measured
    assert whole.summary is found.measured.summary
    pd.testing.assert_frame_equal(whole.correlation, Study.of(found.results, found.plan).measured.correlation)
    painted = [replace(one, mask=np.where(one.mask == 2, 1, one.mask)) for one in found.results]
    finer = [replace(one, pixel_size=PixelSize(5, 5)) for one in found.results]
    split = replace(found.plan, measurement=replace(found.plan.measurement, split={2: 0.5}))
    for results, plan in ((painted, bare), (finer, bare), (found.results, split)):
        assert not holds_for(found, results, plan)


def test_tables_call_masks_by_their_micrographs_unless_two_lie_on_one(mask: Mask) -> None:
    viewer = ViewerModel()
    masks = [viewer.add_labels(mask, name=name) for name in ("alloy_mask", "steel_mask [1]", "steel", "pores")]
    assert table_names(masks) == ["alloy", "steel_mask [1]", "steel", "pores"]
    assert [one.name for one in mask_sources(viewer, masks[:2])] == ["alloy", "steel"]


def test_what_the_user_says_of_a_class_goes_before_what_it_looks_like(mask: Mask) -> None:
    said = MaskSource("alloy", mask, None, PixelSize(10, 20), kinds={2: Kind.LAYER})
    *_, survey = survey_masks([said], CHOICES)
    assert survey.kinds == {1: Kind.MATRIX, 2: Kind.LAYER}
    assert measured(said).study.layer_classes == ["class 2"]


def test_what_was_said_of_numbers_is_not_said_of_classes(mask: Mask) -> None:
    objects = ClassTable.from_names({0: "background", 1: "γ′"})
    said = MaskSource("alloy", mask, objects, None, kinds={1: Kind.LAYER}, said_of_numbers=True)
    chosen = [replace(CHOICES, values=values) for values in (AS_THEY_LOOK, CLASSES, NUMBERS)]
    found = [next(survey_masks([said], one)) for one in chosen]
    assert [one.classes.values for one in found] == [(1, 2), (1, 2), (0, 1)]
    assert [one.kinds[1] for one in found] == [Kind.MATRIX, Kind.MATRIX, Kind.LAYER]


def test_a_mask_keeps_with_what_was_said_of_it_how_its_values_were_read(mask: Mask, classes: ClassTable) -> None:
    viewer = ViewerModel()
    layer = viewer.add_labels(mask, metadata=note("mask", classes))
    remember_kind(layer, 2, Kind.LAYER, numbered=False)
    remember_names(layer, ClassTable.from_names({0: "background", 1: "γ′"}), numbered=True)
    remember_kind(layer, 1, Kind.GRAINS, numbered=True)
    (kept,) = bare_sources(viewer, [layer])
    assert (kept.read_as(numbered=True).classes, kept.kinds) == (named_classes(layer), {1: Kind.GRAINS})
    assert (kept.read_as(numbered=False).classes, kept.read_as(numbered=False).kinds) == (classes, {})
    assert mask_source(viewer, layer).said_of_numbers


def test_numbered_objects_that_fill_all_but_the_databar_are_grains() -> None:
    bar = np.full((14, 64), 10, np.uint8)
    bar[2:12:2, 3:60:4] = 240
    picture = np.vstack([np.random.default_rng(0).normal(120, 25, (240, 64)).clip(40, 250), bar]).astype(np.uint8)
    numbers = np.kron(np.arange(1, 19 * 4 + 1).reshape(19, 4), np.ones((12, 16), int))
    numbers = np.vstack([np.zeros((12, 64), int), numbers, np.zeros_like(bar)])
    grains = replace(source("grains", numbers), micrograph=MicrographSource("grains", picture, False, None))
    found = [next(survey_masks([grains], replace(CHOICES, keep_databar=kept))).kinds[1] for kept in (False, True)]
    assert found == [Kind.GRAINS, Kind.PARTICLES]


def test_grains_have_one_name_in_the_lists() -> None:
    classes, mask = ClassTable.from_names({1: "boundary", 2: "grains"}), np.full((41, 41), 2, np.uint8)
    mask[::8] = mask[:, ::8] = 1
    found = measured(replace(source("alloy", mask, classes), kinds={1: Kind.BOUNDARIES}))
    assert (found.measured_names, found.study.object_classes) == (["boundary", GRAINS], [GRAINS])
    objects = found.tables.objects
    assert not objects.duplicated(["micrograph", "class", "label"]).any()


def test_masks_with_other_classes_are_not_mixed(mask: Mask, classes: ClassTable) -> None:
    other = ClassTable.from_names({1: "ferrite", 2: "pearlite"})
    with pytest.raises(LabelError, match="alloy and steel have different classes"):
        measured(source("alloy", mask, classes), source("steel", mask, other))


def test_a_second_clean_up_starts_from_the_mask_before_the_first(mask: Mask, classes: ClassTable) -> None:
    def cleaned(area: float, before: MaskSource) -> Any:
        return next(clean_masks([before], {2: CleanUp(smallest=area)}, CHOICES)).done

    strong = cleaned(300, source("alloy", mask, classes))
    again = MaskSource("alloy", strong.applied(mask), classes, None, cleaned=strong)
    assert strong.changed_pixels > 0
    assert cleaned(20, again).changed_pixels == 0
    assert np.array_equal(strong.undone(strong.applied(mask)), mask)


def test_splits_are_counted_and_drawn_as_lines_in_the_preview_only(classes: ClassTable) -> None:
    y, x = np.mgrid[:40, :60]
    touching = np.where(np.minimum((x - 20) ** 2, (x - 38) ** 2) + (y - 20) ** 2 < 100, 2, 1).astype(np.uint8)
    shown = next(clean_masks([source("alloy", touching, classes)], {2: CleanUp(split=0.8)}, CHOICES))
    assert shown.done.changed_pixels == 0
    assert set(np.unique(shown.shown)) == {0, 1, 2}
    assert shown.counts == {"particle": (1, 2)}


def test_names_that_differ_in_their_last_number_are_one_group() -> None:
    names = ["alloy_1", "alloy_2", "steel 3 [0]", "7"]
    assert [group_of(name) for name in names] == ["alloy", "alloy", "steel 3", "7"]
    table = pd.DataFrame({"micrograph": names, "equivalent_diameter": [3.0, 1, 2, 4], "weight": [1.0, 1, 1, 0]})
    found = distributions(table, PROPERTIES["Diameter"], groupings(names)[BY_GROUP])
    assert [(one.name, list(one.values)) for one in found] == [("alloy", [1, 3]), ("steel 3", [2])]


def test_micrographs_are_compared_by_the_part_of_their_names_in_which_groups_differ() -> None:
    names = ["spot1_0d_0", "spot3_0d_3", "spot6_180d_7"]
    groups = groupings(names)["by part 2: 0d, 180d"]
    table = pd.DataFrame({"micrograph": names, "equivalent_diameter": [1.0, 3, 8], "weight": 1.0})
    shares = dict(zip(names, (0.4, 0.5, 0.7), strict=True))
    found = group_figures(groups, shares.__getitem__, distributions(table, PROPERTIES["Diameter"], groups))
    assert [(one.name, one.count, one.fraction, one.mean) for one in found] == [("0d", 2, 0.45, 2), ("180d", 1, 0.7, 8)]
    assert found[0].deviation == pytest.approx(0.1 / 2**0.5)


def test_the_axis_holds_all_values_and_round_ticks() -> None:
    edges = bin_edges(np.array([5.0]))
    assert edges[0] < 5 < edges[-1] or edges[0] == 5
    assert ticks(0, 0.31) == [0, 0.1, 0.2, 0.3]
