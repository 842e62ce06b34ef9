"""Stripes, discs and random discs: intercepts and interfaces are those of geometry."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet.measurement import intercepts
from napari_csunet.measurement.intercepts import LineCounts, chord_lengths, count_lines
from napari_csunet.measurement.lattice import PRINCIPAL_STEPS, directions
from napari_csunet.measurement.scale import Scale

Bools = npt.NDArray[np.bool_]


def lines_of(pictures: list[Bools], scale: Scale | None = None) -> list[list[LineCounts]]:
    return [count_lines(p, np.ones_like(p), scale or Scale()) for p in pictures]


def stripes(degrees: float, width: float, period: float, n: int = 256) -> Bools:
    y, x = np.mgrid[:n, :n]
    angle = np.radians(degrees)
    inside: Bools = (x * np.cos(angle) + y * np.sin(angle) + 0.37) % period < width
    return inside


@pytest.mark.parametrize("scale", [Scale(), Scale(2, 0.5, "nm"), Scale(1, 3)])
@pytest.mark.parametrize("steps", [PRINCIPAL_STEPS, PRINCIPAL_STEPS[::2]])
def test_directions_share_all_angles(scale: Scale, steps: tuple[tuple[int, int], ...]) -> None:
    assert sum(d.share for d in directions(scale, steps)) == pytest.approx(1)
    assert {d.degrees for d in directions(scale, PRINCIPAL_STEPS)} >= {0, 90}


@pytest.mark.parametrize("degrees", [0, 17, 45, 70, 90])
def test_interface_of_stripes_is_two_lines_a_period(degrees: float) -> None:
    lines = lines_of([stripes(degrees, 9, 24)])
    assert intercepts.interface_per_area(lines).value == pytest.approx(2 / 24, rel=0.025)


def test_lines_across_stripes_measure_their_width_and_that_of_the_channels(
    rolled: Callable[[Bools], list[Bools]],
) -> None:
    lines = lines_of(rolled(stripes(0, 9, 32, 128)), Scale(5, 3, "nm"))
    assert intercepts.mean_intercept(lines, 0).value == pytest.approx(9 * 3, rel=0.015)
    assert intercepts.mean_free_path(lines, 0).value == pytest.approx(23 * 3, rel=0.015)


def test_lines_along_stripes_never_leave_them() -> None:
    assert np.isnan(intercepts.mean_intercept(lines_of([stripes(0, 9, 24)]), 90).value)


@pytest.mark.parametrize(("radius", "tolerance"), [(5, 0.04), (10, 0.02), (30, 0.015)])
@pytest.mark.parametrize("size", [(1.0, 1.0), (1.0, 1.5)])
def test_discs_have_the_chords_and_the_interface_of_discs(
    disc: Callable[..., Bools],
    rolled: Callable[[Bools], list[Bools]],
    radius: float,
    tolerance: float,
    size: tuple[float, float],
) -> None:
    side = 3 * radius
    picture = disc((int(side / size[0]), int(side / size[1])), (side / 2 + 0.3, side / 2 - 0.2), radius, size)
    lines, area = lines_of(rolled(picture), Scale(*size, "nm")), side**2
    fraction = np.pi * radius**2 / area
    assert intercepts.interface_per_area(lines).value == pytest.approx(2 * np.pi * radius / area, rel=tolerance)
    assert intercepts.interface_per_volume(lines).value == pytest.approx(8 * radius / area, rel=tolerance)
    assert intercepts.mean_intercept(lines).value == pytest.approx(np.pi * radius / 2, rel=tolerance)
    channel = np.pi * radius / 2 * (1 - fraction) / fraction
    assert intercepts.mean_free_path(lines).value == pytest.approx(channel, rel=2 * tolerance)


def test_random_discs_have_the_interface_of_a_boolean_model(boolean_model: Callable[..., tuple[Bools, float]]) -> None:
    radius, fraction = 8, 0.3
    lines = lines_of([boolean_model(256, radius, fraction, seed)[0] for seed in range(4)])
    effective = radius + 0.2  # the digital disc of radius 8 has 197 pixels, and so that of a disc of 7.92 to 8.5
    discs_per_area = -np.log(1 - fraction) / (np.pi * effective**2)
    true = (1 - fraction) * discs_per_area * 2 * np.pi * effective
    estimate = intercepts.interface_per_area(lines)
    assert estimate.value == pytest.approx(true, rel=0.06)
    assert estimate.low < true < estimate.high


def test_the_mean_chord_is_four_fractions_over_the_surface(boolean_model: Callable[..., tuple[Bools, float]]) -> None:
    picture = boolean_model(128, 5, 0.4, 0)[0]
    lines = lines_of([picture])
    surface = intercepts.interface_per_volume(lines).value
    assert intercepts.mean_intercept(lines).value == pytest.approx(4 * picture.mean() / surface, rel=0.03)


def test_the_edge_of_the_databar_is_no_interface() -> None:
    inside, valid = np.ones((20, 20), bool), np.ones((20, 20), bool)
    inside[15:] = valid[15:] = False
    assert intercepts.crossings_per_length([count_lines(inside, valid, Scale())]).value == 0


def test_only_whole_chords_are_listed() -> None:
    inside = np.array([[1, 1, 0, 1, 1, 1, 0, 1], [0, 1, 0, 0, 1, 0, 1, 0]], bool)
    valid = np.ones_like(inside)
    valid[1, 5] = False
    assert chord_lengths(inside, valid, Scale(1, 2)).tolist() == [6, 2]
    assert chord_lengths(inside, valid, Scale(1, 2), vertical=True).size == 0
