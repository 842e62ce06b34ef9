"""Overlays: a scale bar of a round length, in the specimen, true in both directions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable, Micrograph, PixelSize
from napari_csunet.export.pictures import overlay
from napari_csunet.export.results import Result, without_databar
from napari_csunet.export.scale_bar import ScaleBar, with_scale_bar
from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.databar import find_databar

Mask = npt.NDArray[np.uint8]


@pytest.mark.parametrize(
    ("width", "pixel_nm", "text"), [(512, 24, "2 µm"), (1024, 1, "200 nm"), (300, 5e4, "2 mm"), (100, 0.02, "500 pm")]
)
def test_the_bar_has_a_round_length_below_a_third_of_the_width(width: int, pixel_nm: float, text: str) -> None:
    bar = ScaleBar.fitting(width, pixel_nm)
    assert bar.text == text
    assert 0.1 * width < bar.pixels < 0.3 * width


def test_the_white_line_is_as_long_as_it_says() -> None:
    drawn = with_scale_bar(np.full((300, 400, 3), 60, np.uint8), 10)
    longest = max(np.diff(np.flatnonzero(np.diff(np.r_[0, row, 0]))).max(initial=0) for row in (drawn[..., 0] == 255))
    assert longest == round(ScaleBar.fitting(400, 10).pixels)
    assert find_databar(drawn) is None


def test_the_bar_stands_above_the_databar(micrograph: Micrograph, mask: Mask, classes: ClassTable) -> None:
    large = Micrograph.from_array(np.tile(micrograph.pixels[0, ..., 0], (4, 4)), "large", PixelSize(10, 10))
    barred = replace(large, acquisition=Acquisition(databar_height=40))
    result = without_databar(Result("large", np.tile(mask, (4, 4)), barred), classes)
    assert (result.mask[-40:] == classes.excluded_value).all()
    white = np.flatnonzero((overlay(result, 0, classes) == 255).all(axis=(2)).sum(axis=1) > 20)
    assert white.max() < 256 - 40


def test_pixels_that_are_not_square_are_drawn_as_they_are(mask: Mask, classes: ClassTable) -> None:
    assert overlay(Result("a", mask, pixel_size=PixelSize(10, 20)), 0, classes).shape == (64, 192, 3)
    assert overlay(Result("a", mask), 0, classes).shape == (64, 96, 3)


def test_a_picture_without_room_gets_no_bar() -> None:
    tiny = np.full((12, 14, 3), 9, np.uint8)
    assert (with_scale_bar(tiny, 10) == 9).all()
