"""What is around the others is found to be the matrix, and each class is measured as what it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.kind import Kind
from napari_csunet.measurement.kinds import likely_kinds, spanning_class, with_kinds
from napari_csunet.measurement.summary import MeasurementPlan

Mask = npt.NDArray[np.uint8]
UNNAMED = ClassTable.from_names({1: "class 1", 2: "class 2"})


def test_the_class_that_spans_the_micrograph_is_the_matrix(mask: Mask) -> None:
    assert likely_kinds([mask], UNNAMED) == {1: Kind.MATRIX, 2: Kind.PARTICLES}
    assert likely_kinds([3 - mask, 3 - mask[::-1]], UNNAMED) == {1: Kind.PARTICLES, 2: Kind.MATRIX}


def test_a_class_that_is_called_so_is_the_matrix_wherever_it_lies(mask: Mask) -> None:
    named = ClassTable.from_names({1: "pore", 2: "Matrix"})
    assert likely_kinds([mask], named) == {1: Kind.PARTICLES, 2: Kind.MATRIX}


def test_layers_from_side_to_side_leave_no_matrix() -> None:
    layers = np.repeat(np.array([[1, 2, 1]], np.uint8), 8, axis=1).T * np.ones(20, np.uint8)
    assert spanning_class([layers], UNNAMED) is None
    assert set(likely_kinds([layers], UNNAMED).values()) == {Kind.PARTICLES}


def test_a_databar_and_a_class_that_is_alone_are_no_matrix(mask: Mask) -> None:
    with_bar = np.vstack([mask, np.zeros((8, mask.shape[1]), np.uint8)])
    assert likely_kinds([with_bar], UNNAMED)[1] is Kind.MATRIX
    assert likely_kinds([np.ones((9, 9), np.uint8)], ClassTable.from_names({1: "all"})) == {1: Kind.PARTICLES}


def test_kinds_become_a_plan() -> None:
    classes = ClassTable.from_names({0: "a", 1: "b", 2: "c", 3: "d"})
    kinds = {0: Kind.MATRIX, 1: Kind.LAYER, 2: Kind.BOUNDARIES}
    plan = with_kinds(MeasurementPlan(), kinds, classes)
    assert (plan.objects, plan.layers, plan.boundary, plan.instances_are_grains) == ((3,), (1,), 2, False)


def test_the_only_other_class_is_the_boundary_of_grains_and_else_one_must_be_chosen() -> None:
    assert with_kinds(MeasurementPlan(), {1: Kind.GRAINS}, UNNAMED).boundary == 2
    with pytest.raises(LabelError, match="one class that is their boundary"):
        with_kinds(MeasurementPlan(), {1: Kind.GRAINS}, ClassTable.from_names({1: "a", 2: "b", 3: "c"}))


def test_a_class_that_is_called_grains_is_the_grains_that_its_boundaries_enclose() -> None:
    classes = ClassTable.from_names({1: "grains", 2: "boundary", 3: "pore"})
    plan = with_kinds(MeasurementPlan(), {2: Kind.BOUNDARIES}, classes)
    assert (plan.objects, plan.boundary) == ((3,), 2)
    assert with_kinds(MeasurementPlan(), {2: Kind.MATRIX}, classes).objects == (1, 3)


@pytest.mark.parametrize("values", [(0, 1), (1,)])
def test_a_databar_does_not_keep_numbered_objects_from_being_grains(values: tuple[int, ...]) -> None:
    classes = ClassTable.from_names({value: f"class {value}" for value in values})
    mask = np.ones((20, 20), np.uint8)
    mask[:2] = 0
    with_bar = np.vstack([mask, np.full((4, 20), 255, np.uint8)])
    kinds = [likely_kinds([one], classes, numbered=True)[1] for one in (mask[1:], with_bar[1:], with_bar)]
    assert kinds == [Kind.GRAINS, Kind.GRAINS, Kind.PARTICLES]


def test_numbered_objects_that_fill_a_mask_are_grains() -> None:
    classes = ClassTable.from_names({0: "background", 1: "object"})
    filled, sparse = np.ones((20, 20), np.uint8), np.eye(20, dtype=np.uint8)
    assert likely_kinds([filled], classes, numbered=True)[1] is Kind.GRAINS
    assert likely_kinds([sparse], classes, numbered=True)[1] is Kind.PARTICLES
    assert with_kinds(MeasurementPlan(), {0: Kind.MATRIX, 1: Kind.GRAINS}, classes, numbered=True).instances_are_grains
