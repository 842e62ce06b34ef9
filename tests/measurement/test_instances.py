"""Masks with a number for each object are told from masks of classes."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.instances import (
    class_mask,
    is_numbered,
    numbers_objects,
    object_classes,
    small_numbers,
    values_above_zero,
)

SQUARES = np.kron(np.arange(12).reshape(3, 4), np.ones((5, 5), int))


def test_many_values_or_one_region_for_each_of_ten_are_objects() -> None:
    assert numbers_objects(SQUARES.astype(np.uint16))
    assert numbers_objects(np.arange(400).reshape(20, 20))


def test_few_values_and_values_in_several_regions_are_classes() -> None:
    assert not numbers_objects(SQUARES % 9)
    assert not numbers_objects(np.hstack([SQUARES, np.zeros((15, 2), int), SQUARES]))


def test_values_are_found_in_every_type() -> None:
    for kind in (np.uint8, np.uint16, np.int64):
        assert values_above_zero(SQUARES.astype(kind)) == list(range(1, 12))


def test_objects_become_one_class() -> None:
    assert np.array_equal(class_mask(SQUARES), SQUARES > 0)
    assert (object_classes(zero=True).values, object_classes(zero=False).values) == ((0, 1), (1,))


def test_masks_that_look_different_are_not_taken_for_one_kind() -> None:
    numbers, phases, empty = ("a", SQUARES), ("b", SQUARES % 3), ("c", SQUARES * 0)
    assert is_numbered([numbers, empty], None, None, said_with="--instances")
    assert is_numbered([numbers, phases], None, True, said_with="--instances")
    assert not is_numbered([phases, empty], None, None, said_with="--instances")
    with pytest.raises(LabelError, match=r"a looks as if .* and b as if .* with --instances"):
        is_numbered([numbers, phases], None, None, said_with="--instances")


def test_a_class_table_counts_more_than_looks_and_contradicts_numbers() -> None:
    binary, phases = ClassTable.from_names({0: "a", 1: "b"}), ClassTable.from_names({1: "a", 2: "b"})
    assert is_numbered([("a", SQUARES)], binary, None, said_with="--instances")
    assert not is_numbered([("a", SQUARES)], phases, None, said_with="--instances")
    with pytest.raises(LabelError, match="classes 1=a, 2=b, but --instances says"):
        is_numbered([("a", SQUARES)], phases, True, said_with="--instances")


@pytest.mark.parametrize("kind", [np.uint32, np.int64])
def test_large_numbers_of_objects_become_small_ones_and_small_ones_stay(kind: type[np.integer]) -> None:
    large = np.array([[0, 2**32 - 1], [70_000, 3]], kind)
    assert small_numbers(large).tolist() == [[0, 3], [2, 1]]
    assert small_numbers(large[1:]).tolist() == [[2, 1]]
    assert small_numbers(SQUARES) is SQUARES
