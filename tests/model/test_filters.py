"""Fixed filter responses against scipy's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_csunet.model.filters import SIGMAS, DetailHead, FilterBank


@pytest.fixture
def grey() -> npt.NDArray[np.float32]:
    smooth: npt.NDArray[np.float64] = gaussian_filter(np.random.default_rng(0).normal(size=(60, 70)), 2)
    return (10 * smooth).astype(np.float32)


def responses(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(channels, h, w)"""
    found: npt.NDArray[np.float32] = FilterBank(1)(torch.from_numpy(grey)[None, None])[0].numpy()
    return found


@pytest.mark.parametrize("index", range(len(SIGMAS)))
def test_the_first_response_of_a_scale_is_the_gaussian(grey: npt.NDArray[np.float32], index: int) -> None:
    expected = gaussian_filter(grey, SIGMAS[index], mode="nearest", truncate=3.0)
    np.testing.assert_allclose(responses(grey)[1 + 4 * index], expected, atol=1e-3)


def test_the_gradient_of_a_ramp_is_its_slope_times_the_scale() -> None:
    ramp = np.tile(np.arange(100, dtype=np.float32) * 0.5, (100, 1))
    gradients = responses(ramp)[2::4, 50, 50]
    np.testing.assert_allclose(gradients, 0.5 * np.array(SIGMAS), rtol=1e-3)


def test_a_ridge_has_one_large_negative_and_one_small_eigenvalue() -> None:
    ridge = np.tile(np.exp(-((np.arange(99) - 49.0) ** 2) / 8), (99, 1)).astype(np.float32)
    large, small = responses(ridge)[7, 49, 49], responses(ridge)[8, 49, 49]
    assert small < -0.2
    assert abs(large) < 0.02


def test_responses_turn_with_the_image(grey: npt.NDArray[np.float32]) -> None:
    np.testing.assert_allclose(responses(np.rot90(grey).copy()), np.rot90(responses(grey), axes=(1, 2)), atol=1e-4)


def test_colour_keeps_its_channels() -> None:
    image = torch.randn(2, 3, 20, 20)
    bank = FilterBank(3)
    assert bank(image).shape == (2, bank.out_channels, 20, 20)
    assert torch.equal(bank(image)[:, :3], image)


def test_the_detail_head_gives_logits_for_each_pixel() -> None:
    assert DetailHead(1, 8, 5)(torch.randn(2, 1, 24, 40), torch.randn(2, 8, 24, 40)).shape == (2, 5, 24, 40)


def test_some_training_patches_go_without_the_detail_head_but_no_prediction_does() -> None:
    head, image, decoded = DetailHead(1, 8, 5), torch.randn(64, 1, 8, 8), torch.randn(64, 8, 8, 8)
    head.dropped = 0.5
    silent = (head(image, decoded) == 0).flatten(1).all(dim=1)
    assert 16 < silent.sum() < 48
    assert not (head.eval()(image, decoded) == 0).flatten(1).all(dim=1).any()
