"""Touching objects come apart at their necks, and at nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from napari_csunet import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.field import fields_of
from napari_csunet.measurement.particles import connected_objects
from napari_csunet.measurement.scale import Scale
from napari_csunet.measurement.splitting import split_objects
from napari_csunet.measurement.summary import MeasurementPlan, measure, objects_of

Bools = npt.NDArray[np.bool_]
Disc = Callable[..., Bools]


@pytest.fixture
def pair(disc: Disc) -> Bools:
    """Two discs of radius 14 whose neck is 0.57 as wide as they are."""
    found: Bools = disc((60, 100), (30, 35), 14) | disc((60, 100), (30, 58), 14)
    return found


def test_the_neck_decides(pair: Bools) -> None:
    assert [int(split_objects(pair, a, Scale()).max()) for a in (0, 0.4, 0.75, 1)] == [1, 1, 2, 2]


def test_parts_fill_the_object_and_are_alike(pair: Bools) -> None:
    labels = split_objects(pair, 0.75, Scale())
    assert ((labels > 0) == pair).all()
    assert np.count_nonzero(labels == 1) == pytest.approx(np.count_nonzero(labels == 2), rel=0.03)


def test_pixels_that_are_not_square_make_no_difference(disc: Disc) -> None:
    size = (1.0, 2.0)
    pair = disc((60, 50), (30, 35), 14, size) | disc((60, 50), (30, 58), 14, size)
    assert [int(split_objects(pair, a, Scale(*size)).max()) for a in (0.4, 0.75)] == [1, 2]


def test_a_rod_stays_whole() -> None:
    y, x = np.mgrid[:60, :100]
    rod = (abs(0.9 * (y - 30) + 0.435 * (x - 50)) < 6) & (abs(0.9 * (x - 50) - 0.435 * (y - 30)) < 30)
    assert split_objects(rod, 0.9, Scale()).max() == 1


def test_a_large_and_a_small_disc_come_apart_as_two_equal_ones_do(disc: Disc) -> None:
    inside = disc((80, 120), (40, 40), 25) | disc((80, 120), (40, 70), 7)
    assert sorted(np.bincount(split_objects(inside, 0.8, Scale()).ravel())[1:] > 300) == [False, True]


def test_the_border_and_the_databar_are_no_neck(disc: Disc) -> None:
    cut, valid = disc((40, 60), (40, 30), 15), np.ones((40, 60), bool)
    valid[35:] = False
    assert split_objects(cut & valid, 0.9, Scale(), valid).max() == 1


@pytest.mark.parametrize("inside", [np.zeros((9, 9), bool), np.ones((9, 9), bool)])
def test_nothing_and_everything_can_be_split(inside: Bools) -> None:
    assert (split_objects(inside, 0.5, Scale()) == connected_objects(inside)).all()


def test_an_amount_outside_its_limits_is_refused() -> None:
    with pytest.raises(LabelError, match=r"cannot be split by 1\.2"):
        split_objects(np.eye(4, dtype=bool), 1.2, Scale())


def test_measurements_use_the_split_objects(pair: Bools) -> None:
    table = ClassTable.from_names({0: "between", 1: "particle"})
    fields, plan = fields_of("a", pair, table, Scale()), MeasurementPlan(objects=(1,), split={1: 0.75})
    objects = measure(fields, table, plan).objects
    numbers = objects_of(fields[0], 1, plan)
    assert objects["area"].tolist() == [np.count_nonzero(numbers == label) for label in objects["label"]]
    assert len(objects) == 2


def test_thousands_of_objects_are_split_in_two_seconds() -> None:
    noise = np.random.default_rng(0).random((900, 900))
    inside = ndimage.gaussian_filter(noise, 1.8) > 0.505
    start = time.process_time()
    assert split_objects(inside, 0.6, Scale()).max() > 3000
    assert time.process_time() - start < 2
