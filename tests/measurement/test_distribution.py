"""Weighted statistics agree with the usual ones where all weights are equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_csunet.measurement.distribution import weighted_mean, weighted_quantile, weighted_std

VALUES = arrays(float, st.integers(1, 20), elements=st.floats(0, 1e3))


@given(VALUES)
def test_equal_weights_give_the_usual_statistics(values: np.ndarray) -> None:
    weights = np.full(values.size, 0.3)
    assert weighted_mean(values, weights) == pytest.approx(values.mean())
    if values.size > 1:
        assert weighted_std(values, weights) == pytest.approx(values.std(), abs=1e-6)
    for share in (0.1, 0.5, 0.9):
        assert weighted_quantile(values, weights, share) == pytest.approx(
            np.quantile(values, share, method="hazen"), abs=1e-6
        )


def test_a_weight_of_two_counts_as_two_objects_in_the_mean() -> None:
    assert weighted_mean(np.array([1.0, 4.0]), np.array([2.0, 1.0])) == 2


def test_half_of_the_area_lies_below_the_area_weighted_median() -> None:
    areas = np.random.default_rng(0).lognormal(0, 1, 2000)
    median = weighted_quantile(areas, areas, 0.5)
    assert areas[areas <= median].sum() / areas.sum() == pytest.approx(0.5, abs=0.01)


def test_nothing_with_weight_has_no_statistics() -> None:
    assert np.isnan([weighted_mean(np.ones(2), np.zeros(2)), weighted_quantile(np.ones(2), np.zeros(2), 0.5)]).all()


def test_objects_without_weight_do_not_move_percentiles() -> None:
    assert weighted_quantile(np.array([1.0, 2.0, 99.0]), np.array([1.0, 1.0, 0.0]), 0.9) == 2


def test_one_object_has_no_standard_deviation() -> None:
    assert np.isnan(weighted_std(np.array([3.0, 5.0]), np.array([1.0, 0.0])))
