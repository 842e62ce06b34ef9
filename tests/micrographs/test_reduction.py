"""The working scale: what a reduced micrograph and reduced labels hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_csunet.classes import UNLABELLED
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.reduction import reduced, reduced_indices

EVERYTHING = slice(None)


def picture(height: int, width: int) -> npt.NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, 60_000, (height, width)).astype(np.uint16)


@given(factor=st.integers(1, 5), height=st.integers(6, 23), width=st.integers(6, 23))
@settings(max_examples=20, deadline=None)
def test_a_reduced_micrograph_holds_the_means_of_its_blocks(factor: int, height: int, width: int) -> None:
    pixels = picture(height, width)
    seen = reduced(Micrograph.from_array(pixels), factor).crop(0, EVERYTHING, EVERYTHING)[..., 0]
    rows, columns = height // factor, width // factor
    blocks = pixels[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    np.testing.assert_allclose(seen, blocks.mean(axis=(1, 3)), rtol=1e-5)


def test_a_region_of_a_reduced_micrograph_is_that_part_of_the_whole_also_with_steps() -> None:
    one = reduced(Micrograph.from_array(picture(40, 50)), 4)
    whole = one.crop(0, EVERYTHING, EVERYTHING)
    np.testing.assert_array_equal(one.crop(0, slice(2, 9), slice(1, 11, 3)), whole[2:9, 1:11:3])


def test_pixels_of_a_reduced_micrograph_are_larger() -> None:
    micrograph = Micrograph.from_array(picture(40, 50), pixel_size=PixelSize(5, 10))
    assert reduced(micrograph, 4).pixel_size == PixelSize(20, 40)
    assert reduced(micrograph, 4).size == (10, 12)


def test_a_picture_smaller_than_the_factor_keeps_a_pixel() -> None:
    assert reduced(Micrograph.from_array(picture(3, 50)), 8).size == (1, 16)


@pytest.mark.parametrize(
    ("block", "expected"),
    [([[-1, -1], [-1, 2]], 2), ([[0, 1], [1, -1]], 1), ([[-1, -1], [-1, -1]], UNLABELLED)],
)
def test_a_block_gets_the_class_of_most_of_its_labelled_pixels(block: list[list[int]], expected: int) -> None:
    assert reduced_indices(np.array(block, np.int16), 2, 3).tolist() == [[expected]]
