"""Masks with a number for each object are told from masks of classes."""

from __future__ import annotations

import numpy as np

from napari_csunet.measurement.instances import class_mask, numbers_objects, object_classes, values_above_zero

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
