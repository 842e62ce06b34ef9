"""Masks of any kind become fields, or one sentence says why not."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.field import field_of_instances, fields_of, instance_labels
from napari_csunet.measurement.scale import Scale


def test_whole_floats_are_class_values(classes: ClassTable) -> None:
    field = fields_of("a", np.array([[1.0, 2.0]]), classes, Scale())[0]
    assert field.inside(2).tolist() == [[False, True]]


def test_a_probability_map_is_refused(classes: ClassTable) -> None:
    with pytest.raises(LabelError, match=r"a holds 0\.5, which is no class value"):
        fields_of("a", np.array([[1.0, 0.5]]), classes, Scale())


def test_negative_and_unknown_values_belong_to_no_class(classes: ClassTable) -> None:
    field = fields_of("a", np.array([[-1, 9, 1, 2]]), classes, Scale(2, 3, "nm"))[0]
    assert field.valid.tolist() == [[False, False, True, True]]
    assert field.area == 12


def test_slices_of_a_stack_are_fields_with_their_numbers(classes: ClassTable) -> None:
    assert [f.name for f in fields_of("s", np.ones((2, 4, 4), int), classes, Scale())] == ["s [0]", "s [1]"]


@pytest.mark.parametrize("shape", [(4,), (0, 4), (1, 2, 3, 4)])
def test_what_is_no_picture_is_refused(classes: ClassTable, shape: tuple[int, ...]) -> None:
    with pytest.raises(LabelError, match="A mask is a picture"):
        fields_of("a", np.zeros(shape, int), classes, Scale())


def test_negative_instances_are_refused() -> None:
    with pytest.raises(LabelError, match="holds -3"):
        instance_labels(np.array([[-3, 1]]))


def test_an_instance_mask_has_objects_and_what_lies_between_them() -> None:
    field = field_of_instances("a", np.array([[0, 7, 7, 2]]), Scale())
    assert field.inside(1).tolist() == [[False, True, True, True]]
    assert field.valid.all()
