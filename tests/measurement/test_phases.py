"""Area fractions count what belongs to a class, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_csunet.classes import ClassTable
from napari_csunet.errors import OutputError
from napari_csunet.measurement.phases import area_fraction_table, area_fractions, write_area_fractions

DENSE = ClassTable.from_names({0: "matrix", 1: "pore"})


def test_fractions_are_shares_of_the_pixels_that_have_a_class(classes: ClassTable) -> None:
    mask = np.array([[0, 0, 1, 1], [1, 2, 9, 9]], np.uint8)
    assert area_fractions(mask, classes) == {"matrix": 0.75, "particle": 0.25}


def test_zero_counts_only_if_it_is_a_class() -> None:
    mask = np.array([[0, 0, 1, 255]], np.uint8)
    assert area_fractions(mask, DENSE) == pytest.approx({"matrix": 2 / 3, "pore": 1 / 3})


def test_fractions_add_up_to_one_over_a_stack(classes: ClassTable) -> None:
    stack = np.random.default_rng(0).integers(0, 4, (3, 16, 16))
    assert sum(area_fractions(stack, classes).values()) == pytest.approx(1)


def test_fraction_of_nothing_is_not_a_number(classes: ClassTable) -> None:
    assert np.isnan(list(area_fractions(np.zeros((4, 4), np.uint8), classes).values())).all()


def test_table_has_a_row_for_each_micrograph_and_class(classes: ClassTable) -> None:
    table = area_fraction_table({"a": np.ones((4, 4), np.uint8), "b": np.full((2, 2), 2)}, classes)
    assert table.to_dict("list") == {
        "micrograph": ["a", "a", "b", "b"],
        "class": ["matrix", "particle"] * 2,
        "value": [1, 2, 1, 2],
        "pixels": [16, 0, 0, 4],
        "area_fraction": [1.0, 0.0, 0.0, 1.0],
    }


def test_table_comes_back_from_csv(tmp_path: Path, classes: ClassTable) -> None:
    table = area_fraction_table({"a, b #1": np.array([[1, 1, 2]])}, classes)
    path = write_area_fractions(tmp_path / "fractions.csv", table)
    pd.testing.assert_frame_equal(pd.read_csv(path), table, check_dtype=False)
    with pytest.raises(OutputError, match="exists already"):
        write_area_fractions(path, table)
