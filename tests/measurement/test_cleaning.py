"""Cleaning does what its sentence says, to no pixel without a class, and makes no region vanish unasked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_csunet import ClassTable, PixelSize
from napari_csunet.errors import LabelError
from napari_csunet.measurement.cleaning import Cleaning, cleaned, described
from napari_csunet.measurement.particles import connected_objects

TABLE = ClassTable.from_names({1: "matrix", 2: "particle", 3: "oxide"})
Mask = npt.NDArray[np.uint8]
MASKS = arrays(np.uint8, (12, 14), elements=st.sampled_from([0, 1, 2, 3, 9]))


def with_square(value: int, side: int, around: int = 1) -> Mask:
    mask = np.full((20, 30), around, np.uint8)
    mask[5 : 5 + side, 8 : 8 + side] = value
    return mask


def test_small_regions_go_to_the_class_that_most_of_their_boundary_touches() -> None:
    mask = np.ones((9, 9), np.uint8)
    mask[:, 4:] = 3
    mask[3:5, 3:6] = 2  # two columns in the oxide, one in the matrix
    done = cleaned(mask, TABLE, {2: Cleaning(smallest=7)})
    assert (done[3:5, 3:6] == 3).all()
    assert done[mask != 2].tolist() == mask[mask != 2].tolist()


def test_a_region_of_exactly_the_smallest_area_stays() -> None:
    mask = with_square(2, 3)
    assert (cleaned(mask, TABLE, {2: Cleaning(smallest=9)}) == mask).all()
    assert (cleaned(mask, TABLE, {2: Cleaning(smallest=9.1)}) == 1).all()


def test_areas_in_square_micrometres_follow_the_pixels_even_if_they_are_not_square() -> None:
    mask, size = with_square(2, 3), PixelSize(100, 200)  # 9 pixels are 0.18 µm²
    kept, gone = (cleaned(mask, TABLE, {2: Cleaning(smallest=a, unit="µm²")}, size) for a in (0.18, 0.181))
    assert (kept == mask).all()
    assert (gone == 1).all()


def test_without_a_pixel_size_square_micrometres_are_refused() -> None:
    with pytest.raises(LabelError, match="without a pixel size"):
        cleaned(with_square(2, 3), TABLE, {2: Cleaning(smallest=1, unit="µm²")})


def test_only_enclosed_holes_are_filled() -> None:
    mask = np.full((12, 12), 2, np.uint8)
    mask[2:4, 2:4], mask[7, 7], mask[0, 9], mask[9:11, 2:4] = 1, 3, 1, 1
    mask[9, 3] = 0  # a pixel without a class: this hole may go on
    done = cleaned(mask, TABLE, {2: Cleaning(holes=5)})
    assert (done[2:4, 2:4] == 2).all()
    assert done[7, 7] == 2
    assert done[0, 9] == 1
    assert (done[9:11, 2:4] == mask[9:11, 2:4]).all()


def test_only_the_largest_region_is_kept() -> None:
    mask = with_square(2, 4)
    mask[15:17, 20:22] = 2
    assert (cleaned(mask, TABLE, {2: Cleaning(largest_only=True)}) == with_square(2, 4)).all()


def test_smoothing_takes_spikes_off_and_keeps_straight_boundaries() -> None:
    mask = np.ones((40, 40), np.uint8)
    mask[20:] = 2
    spiked = mask.copy()
    spiked[14:20, 20] = 2
    assert (cleaned(mask, TABLE, {2: Cleaning(smooth=4)}) == mask).all()
    assert np.count_nonzero(cleaned(spiked, TABLE, {2: Cleaning(smooth=4)}) != mask) <= 3


@settings(max_examples=40, deadline=None)
@given(MASKS, st.sampled_from([1, 2, 3]))
def test_smoothing_makes_no_region_vanish(mask: Mask, value: int) -> None:
    done = cleaned(mask, TABLE, {value: Cleaning(smooth=3)})
    for other in (1, 2, 3):
        regions = connected_objects(mask == other)
        left = set(np.unique(regions[done == mask])) - {0}
        assert left == set(range(1, int(regions.max()) + 1))


@settings(max_examples=60, deadline=None)
@given(MASKS, st.builds(Cleaning, smooth=st.sampled_from([0, 2]), holes=st.integers(0, 9), smallest=st.integers(0, 9)))
def test_pixels_without_a_class_never_change_and_the_type_stays(mask: Mask, cleaning: Cleaning) -> None:
    before = mask.copy()
    done = cleaned(mask, TABLE, {1: cleaning, 2: cleaning})
    nowhere = ~np.isin(mask, TABLE.values)
    assert done.dtype == mask.dtype
    assert (mask == before).all()
    assert (done[nowhere] == mask[nowhere]).all()
    assert np.isin(done[~nowhere], TABLE.values).all()


def test_a_class_beside_nothing_stays() -> None:
    mask = np.zeros((6, 6), np.uint8)
    mask[2:4, 2:4] = 2
    assert (cleaned(mask, TABLE, {2: Cleaning(smallest=50)}) == mask).all()


def test_each_slice_is_cleaned_on_its_own() -> None:
    stack = np.stack([with_square(2, 2), with_square(2, 4)])
    done = cleaned(stack, TABLE, {2: Cleaning(smallest=5)})
    assert [np.count_nonzero(one == 2) for one in done] == [0, 16]


def test_what_is_done_is_a_sentence() -> None:
    cleaning = {2: Cleaning(holes=3, smallest=0.5, unit="µm²"), 1: Cleaning()}
    assert described(cleaning, TABLE) == [
        "particle: holes smaller than 3 µm² filled, regions smaller than 0.5 µm² given to the class around them."
    ]


def test_a_class_that_is_not_there_is_named() -> None:
    with pytest.raises(LabelError, match="Class 7 is not in the class table"):
        cleaned(with_square(2, 3), TABLE, {7: Cleaning(smallest=2)})
