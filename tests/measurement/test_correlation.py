"""The two-point correlation is a count of pairs, with the limits and the slope that theory demands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable
from napari_csunet.errors import MicrographError
from napari_csunet.measurement.correlation import two_point_correlation
from napari_csunet.measurement.field import Field, fields_of
from napari_csunet.measurement.scale import Scale

Bools = npt.NDArray[np.bool_]
DENSE = ClassTable.from_names({0: "matrix", 1: "disc"})


def field_of(mask: npt.NDArray[np.generic], scale: Scale | None = None) -> Field:
    return fields_of("a", mask, DENSE, scale or Scale())[0]


def test_it_counts_pairs() -> None:
    mask = np.random.default_rng(0).integers(0, 3, (7, 9))  # 2 is excluded
    places = np.argwhere(mask < 2)
    distance = np.linalg.norm((places[:, None] - places) * (2, 1), axis=-1)
    inside = mask[tuple(places.T)] == 1
    table = two_point_correlation([field_of(mask, Scale(2, 1))], 1, reach=6)
    near = (np.rint(distance / 2) == 2) & (distance <= 6)
    assert table["probability"][2] == pytest.approx((near & inside[:, None] & inside).sum() / near.sum())
    assert table["distance"][2] == pytest.approx(distance[near].mean())


def test_it_begins_at_the_area_fraction_and_ends_at_its_square(
    boolean_model: Callable[..., tuple[Bools, float]],
) -> None:
    fields = [field_of(boolean_model(192, 4, 0.4, seed)[0]) for seed in range(3)]
    table = two_point_correlation(fields, 1)
    fraction = np.mean([f.inside(1).mean() for f in fields])
    assert table["probability"].iloc[0] == pytest.approx(fraction)
    assert table["probability"].iloc[-20:].mean() == pytest.approx(fraction**2, rel=0.08)


def test_its_slope_at_zero_is_the_interface(disc: Callable[..., Bools], rolled: Callable[[Bools], list[Bools]]) -> None:
    pictures = rolled(disc((96, 96), (48.3, 47.8), 30))
    table = two_point_correlation([field_of(p) for p in pictures], 1, reach=4)
    slope = np.polyfit(table["distance"][:4], table["probability"][:4], 1)[0]
    assert slope == pytest.approx(-2 * 30 / 96**2, rel=0.04)  # -L_A / π


def test_stripes_come_back_after_a_period_on_stretched_pixels() -> None:
    mask = np.tile(np.arange(64) % 16 < 8, (4, 1))
    table = two_point_correlation([field_of(mask, Scale(0.001, 2, "nm"))], 1, reach=34)
    assert table["probability"].to_numpy()[[0, 8, 16]] == pytest.approx([0.5, 0, 0.5], abs=0.01)


def test_an_absent_class_is_nowhere() -> None:
    assert not two_point_correlation([field_of(np.zeros((8, 8), int))], 1)["probability"].any()


def test_a_reach_of_nothing_is_refused() -> None:
    with pytest.raises(MicrographError, match="up to 0 px is empty"):
        two_point_correlation([field_of(np.zeros((8, 8), int))], 1, reach=0)
