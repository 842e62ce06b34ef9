"""Tables of one and of several micrographs: tidy, in one unit, pooled, and with a sentence for what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from napari_csunet import ClassTable, PixelSize
from napari_csunet.errors import LabelError, MicrographError
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.field import Field, field_of_instances, fields_of
from napari_csunet.measurement.scale import Scale
from napari_csunet.measurement.summary import GRAINS, POOLED, MeasurementPlan, Measurements, measure

STATISTICS = ("all objects", "counted")
Model = Callable[..., tuple[npt.NDArray[np.bool_], float]]


@pytest.fixture
def fields(boolean_model: Model, classes: ClassTable) -> list[Field]:
    """Two micrographs of 12.5 nm/px with overlapping discs as particles (2) in a matrix (1)."""
    scale = Scale.of(PixelSize(12.5, 12.5))
    masks = {name: boolean_model(96, 4, 0.2, seed)[0] + 1 for seed, name in enumerate("ab")}
    return [field for name, mask in masks.items() for field in fields_of(name, mask, classes, scale)]


def number(measured: Measurements, quantity: str, **where: Any) -> pd.Series:
    """The only row of the summary that fits."""
    table = measured.summary[measured.summary["quantity"] == quantity]
    for column, value in where.items():
        table = table[table[column.replace("klass", "class")] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_every_row_says_what_it_is(fields: list[Field], classes: ClassTable) -> None:
    summary = measure(fields, classes).summary
    assert list(summary)[:5] == ["micrograph", "class", "quantity", "statistic", "weighting"]
    assert not summary.duplicated(["micrograph", "class", "quantity", "statistic", "weighting"]).any()
    assert set(summary["micrograph"]) == {"a", "b", POOLED}
    assert set(summary["unit"]) == {"", "nm", "nm²", "1/µm", "1/µm²", "°"}


def test_the_pooled_fraction_is_that_of_all_pixels_and_lies_in_its_interval(
    fields: list[Field], classes: ClassTable
) -> None:
    row = number(measure(fields, classes), "area_fraction", micrograph=POOLED, klass="particle")
    assert row["value"] == pytest.approx(np.mean([f.inside(2).mean() for f in fields]))
    assert row["low"] < row["value"] < row["high"]
    assert "within 2 fields of view" in row["method"]


def test_one_micrograph_pooled_is_that_micrograph(fields: list[Field], classes: ClassTable) -> None:
    pooled, alone = _alone_and_pooled(measure(fields[:1], classes))
    pd.testing.assert_frame_equal(pooled, alone)


def test_numbers_are_the_same_in_nanometres_and_micrometres(boolean_model: Model, classes: ClassTable) -> None:
    mask = boolean_model(64, 4, 0.2, 0)[0] + 1
    fine, coarse = (
        measure(fields_of("a", mask, classes, Scale.of(PixelSize(10, 15), unit)), classes).summary
        for unit in ("nm", "µm")
    )
    factors = fine["unit"].map({"nm": 1e3, "nm²": 1e6}).fillna(1)
    np.testing.assert_allclose(fine["value"] / factors, coarse["value"], rtol=1e-6)


def test_without_a_pixel_size_everything_is_in_pixels(classes: ClassTable, mask: npt.NDArray[np.uint8]) -> None:
    measured = measure(fields_of("a", mask, classes, Scale.of(None)), classes)
    assert set(measured.summary["unit"]) == {"", "px", "px²", "1/px", "1/px²", "°"}
    assert set(measured.objects["unit"]) == {"px"}


def test_the_particles_of_a_micrograph_are_counted(classes: ClassTable, mask: npt.NDArray[np.uint8]) -> None:
    measured = measure(fields_of("a", mask, classes, Scale(0.1, 0.1, "µm")), classes, MeasurementPlan(objects=(2,)))
    assert number(measured, "count", micrograph="a", statistic="counted")["value"] == 4
    naive = 4 / (mask.size * 0.01)
    assert naive < number(measured, "count_per_area", micrograph="a")["value"] < 3 * naive
    assert measured.objects["class"].tolist() == ["particle"] * 4
    median = number(measured, "equivalent_diameter", micrograph="a", statistic="median", weighting="number")
    assert median["value"] == pytest.approx(1.7, abs=0.15)


def test_keeping_cut_objects_counts_all_of_them(fields: list[Field], classes: ClassTable) -> None:
    measured = measure(fields, classes, MeasurementPlan(border=Border.KEEP))
    counts = [number(measured, "count", micrograph=POOLED, klass="particle", statistic=s)["value"] for s in STATISTICS]
    assert counts[0] == counts[1]


def test_a_class_that_is_nowhere_counts_nothing(classes: ClassTable) -> None:
    measured = measure(fields_of("a", np.ones((32, 32), int), classes, Scale()), classes)
    assert number(measured, "area_fraction", micrograph="a", klass="particle")["value"] == 0
    assert number(measured, "count", micrograph="a", klass="particle", statistic="all objects")["value"] == 0
    mean = number(measured, "area", micrograph="a", klass="particle", statistic="mean", weighting="number")
    assert np.isnan(mean["value"])


def test_a_micrograph_without_any_class_has_no_numbers(classes: ClassTable) -> None:
    measured = measure(fields_of("a", np.zeros((32, 32), int), classes, Scale()), classes)
    assert measured.summary.loc[measured.summary["quantity"] != "count", "value"].isna().all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (3, 40)])
def test_tiny_masks_are_measured(shape: tuple[int, int], classes: ClassTable) -> None:
    mask = np.arange(np.prod(shape)).reshape(shape) % 2 + 1
    assert len(measure(fields_of("a", mask, classes, Scale()), classes).summary) > 0


def test_layers_have_a_thickness_and_a_profile(classes: ClassTable) -> None:
    mask = np.ones((60, 80), int)
    mask[20:32] = 2
    missing = np.ones_like(mask)
    stack = fields_of("s", np.stack([mask, missing]), classes, Scale(2, 2, "µm"))
    measured = measure(stack, classes, MeasurementPlan(layers=(2,)))
    assert number(measured, "layer_thickness", micrograph=POOLED, statistic="minimum")["value"] == 24
    assert measured.profiles["micrograph"].unique() == ["s [0]"]
    assert len(measured.profiles) == 80


def test_grains_between_boundaries_have_a_size_number() -> None:
    table = ClassTable.from_names({0: "grain", 1: "boundary"})
    rows, columns = np.indices((120, 120)) % 20
    mask = ((rows == 10) | (columns == 10)).astype(int)
    measured = measure(fields_of("a", mask, table, Scale(1, 1, "µm")), table, MeasurementPlan(boundary=1))
    assert number(measured, "grain_size_number", micrograph="a")["value"] == pytest.approx(8.7, abs=0.2)
    assert number(measured, "count", micrograph="a", klass=GRAINS, statistic="all objects")["value"] == 49


def test_touching_instances_are_objects_and_grains() -> None:
    table = ClassTable.from_names({0: "between", 1: "grain"})
    labels = np.indices((60, 60))[0] // 20 * 3 + np.indices((60, 60))[1] // 20 + 1
    field = field_of_instances("a", labels, Scale(1, 1, "µm"))
    measured = measure([field], table, MeasurementPlan(objects=(1,), instances_are_grains=True))
    assert number(measured, "count", micrograph="a", klass="grain", statistic="counted")["value"] == 1
    intercept = number(measured, "lineal_intercept", micrograph="a", statistic="mean, 0°")["value"]
    assert intercept == pytest.approx(59 / 2)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (MeasurementPlan(objects=(9,)), "Class 9 is not in the class table"),
        (MeasurementPlan(layers=(7,)), "Class 7 is not in the class table"),
        (MeasurementPlan(instances_are_grains=True), "a has no instance mask"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(
    fields: list[Field], classes: ClassTable, plan: MeasurementPlan, message: str
) -> None:
    with pytest.raises(LabelError, match=message):
        measure(fields, classes, plan)


def test_a_layer_that_no_mask_holds_is_named(classes: ClassTable) -> None:
    with pytest.raises(LabelError, match="No mask holds the layer particle"):
        measure(fields_of("a", np.ones((9, 9), int), classes, Scale()), classes, MeasurementPlan(layers=(2,)))


def test_fields_that_cannot_be_pooled_are_refused(fields: list[Field], classes: ClassTable) -> None:
    other = fields_of("c", np.ones((9, 9), int), classes, Scale())
    cases: list[tuple[list[Field], str]] = [
        ([], "There is no mask"),
        ([*fields, *other], "scaled in nm and px"),
        ([fields[0], fields[0]], "'a' is used twice"),
    ]
    for some, message in cases:
        with pytest.raises(MicrographError, match=message):
            measure(some, classes)


def _alone_and_pooled(measured: Measurements) -> list[pd.DataFrame]:
    summary = measured.summary
    pooled = summary["micrograph"] == POOLED
    by = ["class", "quantity", "statistic", "weighting"]
    parts = (summary[pooled], summary[~pooled])
    return [part.drop(columns="micrograph").sort_values(by).reset_index(drop=True) for part in parts]
