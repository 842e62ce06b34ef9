"""Discs, rectangles and ellipses have the sizes and shapes that geometry says, on pixels of any aspect."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from skimage.draw import ellipse
from skimage.measure import regionprops_table

from napari_csunet.measurement.border import Border
from napari_csunet.measurement.particles import connected_objects, object_table
from napari_csunet.measurement.scale import Scale

Bools = npt.NDArray[np.bool_]


def only_object(inside: Bools, scale: Scale | None = None) -> pd.Series:
    return object_table(connected_objects(inside), scale or Scale()).iloc[0]


@pytest.mark.parametrize(("radius", "tolerance"), [(5, 0.05), (10, 0.03), (40, 0.02)])
@pytest.mark.parametrize("size", [(1.0, 1.0), (1.0, 2.0), (1.5, 0.5)])
def test_a_disc_is_measured_as_a_disc(
    disc: Callable[..., Bools], radius: float, tolerance: float, size: tuple[float, float]
) -> None:
    n = 2 * radius + 12
    shape = int(n / size[0]), int(n / size[1])
    row = only_object(disc(shape, (n / 2 + 0.3, n / 2 - 0.2), radius, size), Scale(*size, "µm"))
    assert row["area"] == pytest.approx(np.pi * radius**2, rel=tolerance)
    assert row["equivalent_diameter"] == pytest.approx(2 * radius, rel=tolerance)
    assert row["perimeter"] == pytest.approx(2 * np.pi * radius, rel=tolerance)
    assert row["circularity"] > 0.93
    assert row["aspect_ratio"] == pytest.approx(1, abs=2 * tolerance)
    assert [row["feret_max"], row["feret_min"]] == pytest.approx([2 * radius] * 2, abs=1.5 * max(size))
    assert [row["row"] * size[0], row["column"] * size[1]] == pytest.approx([n / 2 + 0.3, n / 2 - 0.2], abs=0.3)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (6, 3), (20, 20)])
@pytest.mark.parametrize("scale", [Scale(), Scale(2, 0.5, "nm")])
def test_a_rectangle_is_exact(height: int, width: int, scale: Scale) -> None:
    inside = np.zeros((24, 24), bool)
    inside[2 : 2 + height, 2 : 2 + width] = True
    row, sides = only_object(inside, scale), sorted([height * scale.y, width * scale.x])
    assert row["area"] == pytest.approx(sides[0] * sides[1])
    assert row["aspect_ratio"] == pytest.approx(sides[1] / sides[0])
    if min(height, width) > 1:
        assert row["feret_min"] == pytest.approx(sides[0])
        assert row["feret_max"] == pytest.approx(np.hypot(sides[0], sides[1]), abs=max(scale.y, scale.x))


def test_a_long_object_points_where_it_points() -> None:
    inside = np.zeros((100, 100), bool)
    inside[ellipse(50, 50, 15, 40, rotation=np.radians(30))] = True  # type: ignore[no-untyped-call]
    row = only_object(inside)
    assert row["orientation"] == pytest.approx(30, abs=1)
    assert row["aspect_ratio"] == pytest.approx(40 / 15, rel=0.02)
    assert row["feret_min"] == pytest.approx(30, abs=1.5)


def test_orientation_is_that_in_space_and_not_on_pixels() -> None:
    diagonal = np.eye(40, dtype=bool)[::-1]
    assert only_object(diagonal, Scale(1, 1))["orientation"] == pytest.approx(45, abs=0.1)
    assert only_object(diagonal, Scale(1, 2))["orientation"] == pytest.approx(np.degrees(np.arctan(0.5)), abs=0.1)


def test_square_pixels_give_what_skimage_gives(boolean_model: Callable[..., tuple[Bools, float]]) -> None:
    labels = connected_objects(boolean_model(96, 4, 0.2, 0)[0])
    names = ("area", "equivalent_diameter_area", "perimeter_crofton")
    theirs = regionprops_table(labels, properties=names, spacing=(2, 2))  # type: ignore[no-untyped-call]
    ours = object_table(labels, Scale(2, 2, "nm"))[["area", "equivalent_diameter", "perimeter"]]
    np.testing.assert_allclose(ours, np.column_stack([theirs[name] for name in names]))


def test_a_turned_picture_has_the_same_objects(boolean_model: Callable[..., tuple[Bools, float]]) -> None:
    inside = boolean_model(64, 4, 0.2, 1)[0]
    names = ["area", "perimeter", "aspect_ratio", "feret_max", "feret_min", "weight"]
    before, after = (
        object_table(connected_objects(m), s)[names].round(9).sort_values(names).to_numpy()
        for m, s in ((inside, Scale(2, 1)), (np.rot90(inside), Scale(1, 2)))
    )
    np.testing.assert_allclose(before, after)


def test_pixels_that_touch_at_a_corner_are_one_object() -> None:
    assert connected_objects(np.eye(5, dtype=bool)).max() == 1


def test_touching_instances_stay_apart_and_keep_their_numbers() -> None:
    table = object_table(np.array([[0, 0, 0, 0, 0], [0, 7, 7, 3, 0], [0, 0, 0, 0, 0]]), Scale())
    assert dict(zip(table["label"], table["area"], strict=True)) == {3: 1, 7: 2}


def test_neighbours_on_a_grid_are_one_spacing_away() -> None:
    inside = np.zeros((60, 60), bool)
    inside[5::10, 5::10] = True
    assert object_table(connected_objects(inside), Scale(3, 2, "nm"))["nearest_neighbour"].unique() == [20]


def test_a_single_object_has_no_neighbour() -> None:
    assert np.isnan(only_object(np.eye(3, dtype=bool))["nearest_neighbour"])


def test_no_object_makes_an_empty_table_with_all_columns() -> None:
    empty, one = (object_table(np.full((5, 5), value), Scale()) for value in (0, 1))
    assert len(empty) == 0
    assert list(empty) == list(one)


@pytest.mark.parametrize("border", list(Border))
def test_objects_beside_excluded_pixels_are_cut(border: Border) -> None:
    inside, valid = np.zeros((20, 20), bool), np.ones((20, 20), bool)
    inside[4:6, 4:6] = inside[13:15, 4:6] = True
    valid[15:] = False
    table = object_table(connected_objects(inside), Scale(), valid, border)
    assert table["touches_border"].tolist() == [False, True]
    assert (table["weight"] > 0).tolist() == [True, border is Border.KEEP]


def test_five_thousand_objects_take_less_than_two_seconds() -> None:
    inside = np.zeros((710, 710), bool)
    for i, j in np.ndindex(6, 6):
        inside[2 + i :: 10, 2 + j :: 10] = True
    start = time.process_time()
    table = object_table(connected_objects(inside), Scale())
    assert len(table) == 71**2
    assert time.process_time() - start < 2
