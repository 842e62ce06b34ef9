"""Intensities of any type and range come to one scale, and nothing that can be seen is lost."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation, normalised_crop

EVERYTHING = (slice(None), slice(None))


def normalised(array: np.ndarray, slice_index: int = 0, channels: int = 1) -> np.ndarray:
    micrograph = Micrograph.from_array(array)
    intensities = Normalisation().fit(micrograph, slice_index)
    return normalised_crop(micrograph, slice_index, intensities, channels, EVERYTHING)


@pytest.mark.parametrize(("low", "high", "dtype"), [(68, 65535, "uint16"), (22134, 50155, "uint16"), (0, 255, "uint8")])
def test_the_ranges_of_real_files_become_the_same(low: int, high: int, dtype: str) -> None:
    ramp = np.linspace(low, high, 10_000).astype(dtype).reshape(100, 100)
    result = normalised(ramp)
    assert abs(result.mean()) < 0.01
    assert result.std() == pytest.approx(1, abs=0.01)


def test_a_few_bright_pixels_on_black_are_not_clipped_away() -> None:
    array = np.zeros((100, 100), np.uint8)
    array[:3, :10] = 255
    assert normalised(array).max() > 1


def test_what_is_not_finite_becomes_the_mean_and_constants_become_zero() -> None:
    array = np.random.default_rng(0).normal(5, 2, (50, 50))
    array[0, 0], array[1, 1] = np.nan, -np.inf
    assert normalised(array)[0, 0] == normalised(array)[1, 1] == 0
    assert (normalised(np.full((20, 20), 7.0)) == 0).all()


def test_an_empty_slice_does_not_spoil_a_stack_but_an_empty_micrograph_is_refused() -> None:
    stack = np.random.default_rng(0).random((2, 20, 20))
    stack[1] = np.nan
    assert (normalised(stack, 1) == 0).all()
    with pytest.raises(MicrographError, match="no finite pixel"):
        normalised(np.full((20, 20), np.nan))


def test_grey_is_repeated_and_colour_is_averaged() -> None:
    grey = np.random.default_rng(0).random((20, 20))
    colour = np.random.default_rng(1).random((20, 20, 3))
    assert normalised(grey, channels=3).shape == (20, 20, 3)
    assert normalised(colour, channels=1).shape == (20, 20, 1)
