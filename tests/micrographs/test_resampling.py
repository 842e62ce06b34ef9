"""Micrographs at another size: means, straight lines, regions, pixel sizes."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet import Micrograph, PixelSize
from napari_csunet.micrographs.reduction import reduced
from napari_csunet.micrographs.resampling import resampled

EVERYTHING = slice(None)


def picture(*shape: int) -> Micrograph:
    pixels = np.random.default_rng(0).random(shape).astype(np.float32)
    return Micrograph.from_array(pixels, "alloy", PixelSize(10, 20))


def test_half_the_size_is_the_mean_of_blocks_and_pixels_grow() -> None:
    micrograph = picture(12, 20)
    half = resampled(micrograph, (6, 10))
    expected = reduced(micrograph, 2).crop(0, EVERYTHING, EVERYTHING)
    np.testing.assert_allclose(half.crop(0, EVERYTHING, EVERYTHING), expected, rtol=1e-5)
    assert half.pixel_size == PixelSize(20, 40)


@pytest.mark.parametrize("size", [(7, 11), (31, 50), (7, 50), (1, 1), (20, 33)])
def test_a_constant_stays_and_a_ramp_keeps_its_mean_and_direction(size: tuple[int, int]) -> None:
    constant = resampled(Micrograph.from_array(np.full((20, 33), 7, np.uint8)), size)
    np.testing.assert_allclose(constant.crop(0, EVERYTHING, EVERYTHING), 7, rtol=1e-5)
    ramp = resampled(Micrograph.from_array(np.add.outer(np.arange(20.0), np.arange(33.0))), size)
    found = ramp.crop(0, EVERYTHING, EVERYTHING)[..., 0]
    assert found.mean() == pytest.approx(25.5, rel=1e-5)
    assert (np.diff(found, axis=1) > -1e-5).all()


@pytest.mark.parametrize("size", [(9, 50), (31, 13)])
def test_a_region_is_what_the_whole_has_there_of_a_stack_in_colour(size: tuple[int, int]) -> None:
    stack = resampled(picture(2, 20, 33, 3), size)
    whole = stack.crop(1, EVERYTHING, EVERYTHING)
    region = (slice(3, 9, 2), slice(5, 12))
    np.testing.assert_allclose(stack.crop(1, *region), whole[region], rtol=1e-5)
    assert whole.shape == (*size, 3)
