"""Whole objects stand for the cut ones: every size is found as often as it is there."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet.measurement.border import Border, Frame, neighbour_weights, touches_border, weights

FRAME = Frame(3, 5, 40, 60)


@pytest.mark.parametrize("border", [Border.MILES_LANTUEJOUL, Border.GUARD_FRAME])
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (20, 30)])
def test_one_object_at_every_place_counts_one_per_pixel(border: Border, size: tuple[int, int]) -> None:
    first = np.argwhere(np.ones((100, 120), bool)) - 20
    boxes = np.hstack([first, first + size])
    low, high = np.array([FRAME.top, FRAME.left]), np.array([FRAME.top + FRAME.height, FRAME.left + FRAME.width])
    touching = np.any(np.hstack([boxes[:, :2] <= low, boxes[:, 2:] >= high]), axis=1)
    centroids = (boxes[:, :2] + boxes[:, 2:] - 1) / 2
    total = weights(border, FRAME, boxes, centroids, touching).sum()
    assert total == pytest.approx(FRAME.height * FRAME.width)


def test_kept_objects_all_count_one() -> None:
    boxes = np.array([[0, 0, 2, 2]])
    assert weights(Border.KEEP, FRAME, boxes, np.ones((1, 2)), np.array([True])).tolist() == [1]


def test_beside_an_object_that_leaves_no_guard_frame_none_counts() -> None:
    boxes, centroids = np.array([[3, 5, 43, 30], [20, 40, 22, 42]]), np.array([[20.0, 20.0], [20.5, 40.5]])
    assert not weights(Border.GUARD_FRAME, FRAME, boxes, centroids, np.array([True, False])).any()


def test_the_frame_leaves_out_the_databar() -> None:
    valid = np.ones((50, 70), bool)
    valid[40:] = False
    assert Frame.of(valid) == Frame(0, 0, 40, 70)


def test_objects_at_the_edge_touch_it() -> None:
    labels = np.zeros((9, 9), int)
    labels[0, 4], labels[4, 4], labels[1, 1] = 1, 2, 3
    assert touches_border(labels, np.ones((9, 9), bool), 3).tolist() == [True, False, False]


def test_neighbour_distances_of_random_points_are_unbiased() -> None:
    random, density, means, naive = np.random.default_rng(5), 0.01, [], []
    for _ in range(200):
        points = random.uniform(-40, 120, (random.poisson(density * 160**2), 2))
        seen = points[((points > 0) & (points < 80)).all(axis=1)]
        distance = np.sort(np.linalg.norm(seen[:, None] - seen, axis=-1), axis=1)[:, 1]
        weight = neighbour_weights(Frame(0, 0, 80, 80), seen - 0.5, distance, (1, 1))
        means.append(((weight * distance).sum(), weight.sum()))
        naive.append(distance.mean())
    true = 0.5 / np.sqrt(density)  # Clark and Evans (1954)
    estimate = np.divide(*np.sum(means, axis=0))
    assert estimate == pytest.approx(true, rel=0.02)
    assert np.mean(naive) > 1.03 * true


def test_a_distance_that_reaches_the_edge_does_not_count() -> None:
    weight = neighbour_weights(Frame(0, 0, 20, 20), np.array([[2.0, 2.0], [10.0, 10.0]]), np.array([5.0, 5.0]), (1, 1))
    assert weight.tolist() == [0, 4]
