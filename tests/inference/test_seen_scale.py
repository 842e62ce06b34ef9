"""Micrographs at another pixel size than that of the training: seen alike, masks at their own size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, PredictionConfig, TrainingConfig
from napari_csunet.inference import prediction as module
from napari_csunet.inference.blending import Band
from napari_csunet.inference.prediction import predict, predict_stream
from napari_csunet.inference.seen_scale import as_seen, averaged, seen_scale
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.resampling import resampled
from napari_csunet.model.zoo import build_model

TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), window=4)
SLOW = pytest.mark.slow
AS_IT_IS = PredictionConfig(match_pixel_size=False)


def trained_at(y: float | None, x: float = 0, reduction: int = 1) -> Checkpoint:
    torch.manual_seed(1)
    size = None if y is None else (y, x or y)
    return Checkpoint(provenance_at(size, reduction), copied_state(build_model(TINY)))


def provenance_at(size: tuple[float, float] | None, reduction: int) -> Provenance:
    classes = ClassTable.parse("1=matrix,2=particle")
    return Provenance(model=TINY, classes=classes, training=TrainingConfig(), pixel_size_nm=size, reduction=reduction)


def enlarged(micrograph: Micrograph, y: int, x: int) -> Micrograph:
    """The same field of view with pixels that much smaller."""
    pixels = np.asarray(micrograph.pixels).repeat(y, axis=1).repeat(x, axis=2)
    return replace(micrograph, pixels=pixels, pixel_size=PixelSize(12.5 / y, 12.5 / x))


def probability(checkpoint: Checkpoint, micrograph: Micrograph, config: PredictionConfig | None = None) -> Any:
    return predict(checkpoint, micrograph, config).probability


@pytest.mark.parametrize(("y", "x"), [(2, 2), (1, 2), (2, 3)])
def test_the_network_sees_a_finer_picture_of_the_same_field_as_the_same(micrograph: Micrograph, y: int, x: int) -> None:
    fine = enlarged(micrograph, y, x)
    scale = seen_scale(fine, trained_at(12.5).provenance, match=True)
    seen, extent = as_seen(fine, scale.shrink)
    everything = (0, slice(None), slice(None))
    np.testing.assert_allclose(seen.crop(*everything), micrograph.crop(*everything), rtol=1e-6)
    assert extent == fine.size
    assert seen.pixel_size == micrograph.pixel_size


@pytest.mark.parametrize(("y", "x"), [(2, 2), (2, 3)])
def test_a_finer_picture_of_the_same_field_has_the_same_mask(
    micrograph: Micrograph, y: int, x: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_brightness(model: Any, pixels: Any, memory: Any) -> Any:
        bright = 1 / (1 + np.exp(-4 * pixels[..., 0]))
        return np.stack([1 - bright, bright])

    monkeypatch.setattr(module, "probability_of", by_brightness)
    checkpoint = trained_at(12.5)
    coarse = predict(checkpoint, micrograph).mask
    fine = predict(checkpoint, enlarged(micrograph, y, x)).mask
    assert (coarse.repeat(y, 0).repeat(x, 1) == fine).mean() > 0.96  # edges follow the finer picture


def test_a_network_that_works_at_half_the_resolution_sees_coarser_pixels_as_they_are(micrograph: Micrograph) -> None:
    coarse = replace(micrograph, pixel_size=PixelSize(25, 25))
    seen = probability(trained_at(12.5, reduction=2), coarse)
    np.testing.assert_allclose(seen, probability(trained_at(None), coarse), atol=1e-6)


def test_a_coarser_picture_gets_a_mask_of_its_own_size(micrograph: Micrograph) -> None:
    checkpoint, fine = trained_at(12.5), enlarged(micrograph, 2, 2)
    fine = replace(fine, pixel_size=PixelSize(12.5, 12.5))
    coarse = replace(micrograph, pixel_size=PixelSize(25, 25))
    expected = probability(checkpoint, fine).reshape(2, 64, 2, 96, 2).mean(axis=(2, 4))
    found = probability(checkpoint, coarse)
    assert found.shape == (2, 64, 96)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-5)
    assert np.abs(found - expected).mean() < 0.5 * np.abs(probability(checkpoint, coarse, AS_IT_IS) - expected).mean()


@pytest.mark.parametrize(("trained", "own"), [(None, 25.0), (12.5, None), (12.5, 13.0), (120.0, 12.5)])
def test_unknown_alike_and_absurd_pixel_sizes_change_nothing(
    micrograph: Micrograph, trained: float | None, own: float | None
) -> None:
    micrograph = replace(micrograph, pixel_size=None if own is None else PixelSize(own, own))
    checkpoint = trained_at(trained)
    np.testing.assert_array_equal(probability(checkpoint, micrograph), probability(checkpoint, micrograph, AS_IT_IS))


@pytest.mark.parametrize(("side", "trained", "reduction", "own_scale"), [
    (8000, 12.5, 1, False), (9000, 12.5, 1, True), (9000, 7.0, 1, True), (30000, 20.0, 2, False),
])  # fmt: skip
def test_what_would_fill_the_memory_is_seen_as_it_is(
    micrograph: Micrograph, side: int, trained: float, reduction: int, own_scale: bool
) -> None:
    large = replace(resampled(micrograph, (side, side)), pixel_size=PixelSize(10, 10))  # computed when it is read
    seen = seen_scale(large, provenance_at((trained, trained), reduction), match=True)
    assert ("too large" in seen.notice) == own_scale
    assert (seen.shrink == (reduction, reduction)) == own_scale


def test_the_user_is_told_once_what_was_done(micrograph: Micrograph) -> None:
    reports = list(predict_stream(trained_at(25, 50), [micrograph]))
    told = [report.message for report in reports if report.message]
    assert told == ["particles has 12.5 nm/px, the model was trained at 25 × 50 nm/px: the network sees it resampled "
                    "to that; the mask has its own size."]  # fmt: skip
    assert reports[-1].prediction is not None
    assert reports[-1].prediction.notices == tuple(told)
    assert "too far apart" in predict(trained_at(1), micrograph).notices[0]
    assert predict(trained_at(1), micrograph, AS_IT_IS).notices == ()


@pytest.mark.parametrize("trained", [7.0, pytest.param(20.0, marks=SLOW), pytest.param(60.0, marks=SLOW)])
def test_stacks_of_odd_size_are_counted_to_the_last_pixel(trained: float) -> None:
    pixels = np.random.default_rng(0).random((2, 51, 70, 3)).astype(np.float32)
    stack = Micrograph.from_array(pixels, "stack", PixelSize(20, 10))
    reports = list(predict_stream(trained_at(trained), [stack], PredictionConfig(tile=64, overlap=0)))
    shares = [report.progress.share for report in reports]
    assert shares == sorted(shares)
    assert reports[-1].progress.done == 2 * 51 * 70
    assert reports[-1].prediction is not None
    assert reports[-1].prediction.mask.shape == (2, 51, 70)


def test_bands_are_averaged_as_the_whole_is_and_start_again_after_a_message() -> None:
    whole = np.random.default_rng(0).random((2, 30, 40)).astype(np.float32)

    def events() -> Iterator[Band | str]:
        yield Band(0, whole[:, :7] * 5, 280)
        yield "less memory"
        for start, stop in ((0, 7), (7, 7), (7, 22), (22, 30)):
            yield Band(start, whole[:, start:stop], 1)

    *_, last = averaged(events(), (30, 40), (10, 8))
    assert isinstance(last, Band)
    np.testing.assert_allclose(last.probability, whole.reshape(2, 10, 3, 8, 5).mean(axis=(2, 4)), rtol=1e-5)
