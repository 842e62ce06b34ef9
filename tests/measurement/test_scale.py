"""Units suit the pixel, and a pixel without a size is refused."""

from __future__ import annotations

import pytest

from napari_csunet import PixelSize
from napari_csunet.errors import MicrographError
from napari_csunet.measurement.scale import Scale, common_unit


@pytest.mark.parametrize(("nanometres", "unit"), [(0.2, "nm"), (12.5, "nm"), (25.0, "µm"), (4000.0, "µm")])
def test_fine_pixels_give_nanometres_and_coarse_ones_micrometres(nanometres: float, unit: str) -> None:
    assert Scale.of(PixelSize(nanometres, nanometres)).unit == unit


def test_an_unknown_size_counts_in_pixels() -> None:
    assert Scale.of(None) == Scale(1, 1, "px")


def test_the_unit_can_be_chosen() -> None:
    assert Scale.of(PixelSize(500, 250), "µm") == Scale(0.5, 0.25, "µm")


def test_pixels_that_are_not_square_stay_so_where_lengths_are_in_pixels() -> None:
    scale = Scale.of(PixelSize(40, 10), "px")
    assert (scale.y, scale.x, scale.pixel_area) == (2, 0.5, 1)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("unit", [None, "px"])
def test_a_pixel_without_size_is_refused(size: float, unit: str | None) -> None:
    with pytest.raises(MicrographError, match="cannot be measured with"):
        Scale.of(PixelSize(size, 10), unit)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(MicrographError, match="'parsec' is not a unit"):
        Scale.of(PixelSize(1, 1), "parsec")


def test_several_micrographs_get_the_unit_of_the_coarsest() -> None:
    assert common_unit([PixelSize(2, 2), PixelSize(90, 90)]) == "µm"


def test_known_and_unknown_sizes_are_not_mixed() -> None:
    with pytest.raises(MicrographError, match="1 of 2 micrographs have no pixel size"):
        common_unit([PixelSize(2, 2), None])


def test_densities_are_per_micrometre_in_every_unit() -> None:
    assert Scale(1, 1, "nm").quantity(-2) == (1e6, "1/µm²")
    assert Scale(1, 1, "µm").quantity(-1) == (1, "1/µm")
    assert Scale().quantity(-2) == (1, "1/px²")
