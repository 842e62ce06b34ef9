from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_csunet.inference.correction import (
    best_probability_bound,
    contradicted,
    ellipse_outline,
    inside_outlines,
    region_at,
    taken_over,
)
from napari_csunet.inference.superpixels import superpixels
from napari_csunet.inference.uncertainty import margin_uncertainty

Mask = npt.NDArray[np.uint8]
small = arrays(np.uint8, (6, 7), elements=st.integers(0, 3))


@given(labels=small, mask=small)
def test_strokes_and_what_is_no_class_stay_as_they_are(labels: Mask, mask: Mask) -> None:
    taken = taken_over(labels, mask, (1, 2))
    assert not labels[taken].any()
    assert set(mask[taken]) <= {1, 2}
    assert np.isin(mask, (1, 2))[~taken & (labels == 0)].sum() == 0


def test_outside_of_what_is_meant_nothing_is_taken(mask: Mask) -> None:
    inside = np.zeros(mask.shape, bool)
    inside[:, 10:30] = True
    assert (taken_over(np.zeros_like(mask), mask, (1, 2), inside) == inside).all()


@given(share=arrays(np.float64, (4, 9), elements=st.floats(0.01, 1)), count=st.integers(2, 4))
def test_the_bound_is_never_above_the_best_probability_and_exact_for_two_classes(share: Any, count: int) -> None:
    probability = (share[:count] / share[:count].sum(axis=0)).astype(np.float32)
    bound, best = best_probability_bound(margin_uncertainty(probability), count), probability.max(axis=0)
    assert (bound <= best + 1e-6).all()
    assert count > 2 or np.allclose(bound, best, atol=1e-6)


def test_labels_contradict_a_mask_only_where_both_name_a_class() -> None:
    labels, mask = np.array([0, 1, 2, 2, 9]), np.array([1, 1, 1, 0, 1])
    assert contradicted(labels, mask, (1, 2)).tolist() == [False, False, True, False, False]
    assert contradicted(labels, mask, (0, 1, 2)).tolist() == [True, False, True, True, False]


def test_a_region_ends_where_the_class_does_and_does_not_jump(mask: Mask) -> None:
    particle = region_at(mask, (16, 20))
    assert (mask[particle] == 2).all()
    assert particle.sum() == (mask[:30, :35] == 2).sum()
    assert (region_at(mask, (0, 0)) == (mask == 1)).all()


def test_outlines_hold_the_pixels_between_their_corners() -> None:
    box = np.array([[1.5, 1.5], [1.5, 6.5], [4.5, 6.5], [4.5, 1.5]])
    inside = inside_outlines([box], (8, 9))
    assert inside.sum() == inside[2:5, 2:7].sum() == 15
    assert not inside_outlines([], (8, 9)).any()


def test_an_ellipse_fills_pi_quarters_of_its_turned_box() -> None:
    box = np.array([[50.0, 10], [10, 50], [40, 80], [80, 40]])
    area = np.hypot(40, 40) * np.hypot(30, 30)
    assert inside_outlines([ellipse_outline(box)], (100, 100)).sum() == pytest.approx(np.pi / 4 * area, rel=0.02)


@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_superpixels_keep_to_the_edges_of_grey_and_colour_pictures(channels: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).integers(0, 20, (48, 64, *channels))
    left, right = np.arange(64) < 28, np.arange(64) >= 32
    picture = (noise + np.where(np.arange(64) < 30, 40, 180).reshape((1, 64) + (1,) * len(channels))).astype(np.uint8)
    numbers = superpixels(picture, 12)
    assert numbers.shape == (48, 64)
    assert numbers.min() == 1
    assert not set(np.unique(numbers[:, left])) & set(np.unique(numbers[:, right]))
