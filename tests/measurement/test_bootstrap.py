"""Intervals hold the truth as often as they promise, because they know that neighbouring pixels are alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet.measurement.bootstrap import Estimate, RatioCells, cell_sums, ratio

Bools = npt.NDArray[np.bool_]
Model = Callable[..., tuple[Bools, float]]


def share(*masks: Bools) -> Estimate:
    return ratio([RatioCells.of(mask, np.ones_like(mask)) for mask in masks], largest=1)


@pytest.mark.parametrize("radius", [3, 8])
def test_nineteen_of_twenty_intervals_hold_the_true_area_fraction(boolean_model: Model, radius: int) -> None:
    estimates = [share(boolean_model(128, radius, 0.35, seed)[0]) for seed in range(60)]
    assert 51 <= sum(e.low <= 0.35 <= e.high for e in estimates) <= 60


def test_intervals_of_three_fields_hold_the_truth_too(boolean_model: Model) -> None:
    groups = [[boolean_model(64, 4, 0.35, 3 * i + k)[0] for k in range(3)] for i in range(40)]
    assert sum(e.low <= 0.35 <= e.high for e in (share(*g) for g in groups)) >= 34


def test_an_interval_is_as_wide_as_the_scatter_between_pictures(boolean_model: Model) -> None:
    estimates = [share(boolean_model(128, 5, 0.35, seed)[0]) for seed in range(40)]
    width = np.mean([e.high - e.low for e in estimates])
    assert width == pytest.approx(2 * 1.96 * np.std([e.value for e in estimates]), rel=0.35)


def test_an_interval_is_much_wider_than_for_independent_pixels(boolean_model: Model) -> None:
    e = share(boolean_model(128, 8, 0.35, 0)[0])
    assert e.high - e.low > 5 * 2 * 1.96 * np.sqrt(0.35 * 0.65 / 128**2)


def test_more_fields_make_it_narrower_and_unlike_fields_wider(boolean_model: Model) -> None:
    alike = [boolean_model(64, 4, 0.3, seed)[0] for seed in range(8)]
    unlike = [boolean_model(64, 4, f, seed)[0] for seed, f in enumerate((0.1, 0.2, 0.25, 0.3, 0.3, 0.35, 0.4, 0.5))]
    few, many, odd = (e.high - e.low for e in (share(*alike[:2]), share(*alike), share(*unlike)))
    assert many < few
    assert many < odd / 2


def test_the_method_is_named(boolean_model: Model) -> None:
    mask = boolean_model(64, 4, 0.3, 0)[0]
    assert share(mask).method.startswith("block bootstrap: ")
    assert "within 2 fields of view" in share(mask, mask).method


def test_the_same_masks_give_the_same_interval(boolean_model: Model) -> None:
    mask = boolean_model(64, 4, 0.3, 0)[0]
    assert share(mask) == share(mask)


@pytest.mark.parametrize(("mask", "why"), [(np.zeros((32, 32), bool), "nothing"), (np.ones((32, 32), bool), "alike")])
def test_a_class_without_a_boundary_has_a_number_but_no_interval(mask: Bools, why: str) -> None:
    e = share(mask, mask)
    assert e.value == mask.mean()
    assert np.isnan([e.low, e.high]).all()
    assert why in e.method


def test_a_field_of_two_pixels_has_no_interval() -> None:
    assert share(np.array([[True, False]])).method == "no interval: too few blocks or objects"


@pytest.mark.parametrize("seed", range(8))
def test_the_ends_of_a_share_lie_from_0_to_1_and_are_never_rounding_noise(seed: int) -> None:
    inside = np.zeros((40, 40), bool)
    inside[tuple(np.random.default_rng(seed).integers(0, 40, (2, 3)))] = True
    for some in (inside, ~inside):
        share = ratio([RatioCells.of(some, np.ones_like(some))], largest=1)
        assert 0 <= share.low <= share.value <= share.high <= 1
        assert share.low == 0 or share.low > 1e-9


def test_nothing_over_nothing_is_not_a_number() -> None:
    empty = np.zeros((4, 4), bool)
    assert np.isnan(ratio([RatioCells.of(empty, empty)]).value)


@pytest.mark.parametrize("shape", [(1, 1), (1, 100), (33, 31), (64, 200)])
def test_cells_lose_nothing(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).integers(0, 9, shape)
    assert cell_sums(values).sum() == values.sum()


def test_an_inverse_turns_the_interval_around() -> None:
    assert Estimate(4, 2, 8, "m").inverse(8) == Estimate(2, 1, 4, "m")
    assert Estimate(4, 0, 8, "m").inverse().high == np.inf
