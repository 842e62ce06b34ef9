"""Shifted and nested shapes are as far apart as they were moved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet.errors import LabelError
from napari_csunet.measurement.boundary_distance import boundary_distance
from napari_csunet.measurement.scale import Scale


def half(rows: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros((30, 20), bool)
    mask[:rows] = True
    return mask


@pytest.mark.parametrize("shift", [0, 1, 7])
def test_boundaries_are_as_far_apart_as_they_were_moved(shift: int) -> None:
    found = boundary_distance(half(10), half(10 + shift), Scale(2.5, 1, "nm"))
    assert (found.mean, found.hausdorff_95, found.hausdorff, found.unit) == (*[2.5 * shift] * 3, "nm")


def test_the_order_of_the_masks_is_no_matter() -> None:
    random = np.random.default_rng(0)
    first, second = random.random((2, 20, 20)) < 0.3
    assert boundary_distance(first, second, Scale(1, 2)) == boundary_distance(second, first, Scale(1, 2))


def test_one_stray_pixel_moves_the_hausdorff_distance_but_not_its_percentile() -> None:
    stray = half(10)
    stray[25, 5] = True
    found = boundary_distance(half(10), stray, Scale())
    assert (found.hausdorff, found.hausdorff_95) == (16, 0)


def test_a_class_that_one_mask_lacks_has_no_distance() -> None:
    assert np.isnan(boundary_distance(half(10), half(0), Scale()).mean)


def test_excluded_pixels_are_no_boundary() -> None:
    valid = half(25)
    found = boundary_distance(half(10) | ~valid, half(12) & valid, Scale(), valid)
    assert found.hausdorff == 2


def test_masks_of_other_shape_are_refused() -> None:
    with pytest.raises(LabelError, match=r"shapes \(30, 20\) and \(20, 30\)"):
        boundary_distance(half(3), half(3).T, Scale())
