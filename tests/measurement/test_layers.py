"""Layers of known thickness, at any angle, with gaps, islands and pores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet.errors import LabelError
from napari_csunet.measurement.layers import layer_thickness, mean_thickness
from napari_csunet.measurement.scale import Scale

Bools = npt.NDArray[np.bool_]


def layer(degrees: float, thickness: float, shape: tuple[int, int] = (160, 160), scale: Scale | None = None) -> Bools:
    scale = scale or Scale()
    y, x = np.mgrid[: shape[0], : shape[1]]
    angle, middle = np.radians(degrees), (np.array(shape) - 0.7) / 2
    depth = (x - middle[1]) * scale.x * np.sin(angle) + (y - middle[0]) * scale.y * np.cos(angle)
    inside: Bools = np.abs(depth) < thickness / 2
    return inside


@pytest.mark.parametrize("degrees", [0, 10, 45, -30, 80])
@pytest.mark.parametrize("thickness", [6, 21, 60])
def test_the_thickness_is_found_at_any_angle(degrees: float, thickness: float) -> None:
    found = layer_thickness(layer(degrees, thickness), Scale())
    assert (found.direction - degrees + 90) % 180 - 90 == pytest.approx(0, abs=1)
    assert found.thicknesses.mean() == pytest.approx(thickness, abs=0.6)
    assert found.thicknesses.std() < 0.6


def test_an_upright_layer_is_exact() -> None:
    mask = np.zeros((40, 90), bool)
    mask[11:24] = True
    for picture, scale in ((mask, Scale(2, 5, "nm")), (mask.T, Scale(5, 2, "nm"))):
        assert np.unique(layer_thickness(picture, scale).thicknesses) == [26]


def test_stretched_pixels_are_no_matter() -> None:
    scale = Scale(1, 2.5, "µm")
    found = layer_thickness(layer(20, 30, (160, 64), scale), scale)
    assert found.thicknesses.mean() == pytest.approx(30, abs=1)
    assert found.direction == pytest.approx(20, abs=1)


def test_a_layer_thicker_than_the_picture_is_wide_keeps_its_direction() -> None:
    mask = np.zeros((200, 40), bool)
    mask[20:170] = True
    assert layer_thickness(mask, Scale()).direction == pytest.approx(0)
    assert layer_thickness(mask, Scale()).thicknesses.mean() == 150


def test_a_profile_follows_the_layer() -> None:
    mask = np.zeros((60, 100), bool)
    mask[20:30] = True
    mask[30:34, 50:] = True
    profile = layer_thickness(mask, Scale()).profile.dropna()
    thin = profile["position"] < 48
    assert profile["thickness"][thin].to_numpy() == pytest.approx(10, abs=0.3)
    assert profile["thickness"][profile["position"] > 53].to_numpy() == pytest.approx(14, abs=0.3)


def test_a_gap_is_nothing_thick_an_island_is_no_layer_and_a_pore_is_filled() -> None:
    mask = np.zeros((60, 100), bool)
    mask[20:30] = True
    mask[:, 40:45] = False
    mask[50:53, 10:20] = True
    mask[24:26, 70:80] = False
    thickness = layer_thickness(mask, Scale()).profile["thickness"]
    assert thickness.tolist() == [10.0] * 40 + [0.0] * 5 + [10.0] * 55


def test_what_the_border_or_the_databar_cuts_is_not_known() -> None:
    mask, valid = np.zeros((60, 100), bool), np.ones((60, 100), bool)
    mask[20:30] = True
    valid[:25, :30] = valid[25:, 80:] = False
    thickness = layer_thickness(mask, Scale(), valid).profile["thickness"]
    assert np.isnan(thickness[:30]).all()
    assert np.isnan(thickness[80:]).all()
    assert (thickness[30:80] == 10).all()


def test_a_wavy_layer_has_its_mean_thickness_in_the_interval() -> None:
    y, x = np.mgrid[:80, :400]
    middle, true = 40 + 3 * np.sin(x / 30), 15 + 3 * np.sin(x / 11)
    found = layer_thickness(np.abs(y - middle) < true / 2, Scale())
    estimate = mean_thickness([found])
    assert estimate.value == pytest.approx(15, abs=0.3)
    assert estimate.low < 15 < estimate.high
    assert found.thicknesses.std() == pytest.approx(3 / np.sqrt(2), abs=0.3)


def test_no_layer_is_refused() -> None:
    with pytest.raises(LabelError, match="is not in this mask"):
        layer_thickness(np.zeros((9, 9), bool), Scale())


def test_a_layer_that_fills_the_picture_is_refused() -> None:
    with pytest.raises(LabelError, match="fills the whole micrograph"):
        layer_thickness(np.ones((30, 30), bool), Scale())


def test_a_line_of_pixels_is_refused() -> None:
    with pytest.raises(LabelError, match="1 × 30 px is too small"):
        layer_thickness(np.ones((1, 30), bool), Scale())
