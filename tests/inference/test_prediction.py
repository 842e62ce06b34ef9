"""Prediction of whole micrographs: no seams, any size, stacks, views, and what happens when memory runs out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, PredictionConfig, TrainingConfig
from napari_csunet.inference import prediction as module
from napari_csunet.inference.blending import bands
from napari_csunet.inference.prediction import predict, predict_stream
from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.model.zoo import build_model

CLASSES = ClassTable.parse("1=matrix,2=particle,7=pore")
TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, heads=(1, 2, 2, 4), window=4, class_count=3)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    provenance = Provenance(model=TINY, classes=CLASSES, training=TrainingConfig())
    return Checkpoint(provenance, copied_state(build_model(TINY)))


def noise(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 60000, shape).astype(np.uint16)


@pytest.mark.parametrize("shape", [(64, 64), (1, 1), (37, 130), (2, 40, 50), (50, 40, 3), (2, 40, 50, 3)])
def test_a_mask_has_the_shape_of_the_micrograph_and_values_of_the_table(
    checkpoint: Checkpoint, shape: tuple[int, ...]
) -> None:
    micrograph = Micrograph.from_array(noise(*shape))
    result = predict(checkpoint, micrograph)
    assert result.mask.shape == micrograph.mask_shape
    assert result.mask.dtype == np.uint8
    assert set(np.unique(result.mask)) <= {1, 2, 7}


def test_probability_adds_up_to_one_and_agrees_with_mask_and_uncertainty(checkpoint: Checkpoint) -> None:
    result = predict(checkpoint, noise(70, 50))
    assert result.probability is not None
    assert result.uncertainty is not None
    np.testing.assert_allclose(result.probability.sum(axis=0), 1, atol=1e-5)
    assert (CLASSES.to_values(result.probability.argmax(axis=0)) == result.mask).all()
    best_two = np.sort(result.probability, axis=0)[-2:]
    np.testing.assert_allclose(result.uncertainty, 1 - (best_two[1] - best_two[0]), atol=1e-6)


def test_tiles_leave_no_seam_where_a_pixel_sees_the_same_surroundings() -> None:
    def smoothed(pixels: Any) -> Any:
        padded = np.pad(pixels[..., 0], 8, mode="reflect")
        rows = np.lib.stride_tricks.sliding_window_view(padded, 17, axis=0).mean(axis=-1)
        return np.lib.stride_tricks.sliding_window_view(rows, 17, axis=1).mean(axis=-1)[None]

    image = noise(300, 290)[..., None].astype(np.float32)
    config = PredictionConfig(tile=128, overlap=64)
    crops = bands(lambda rows, columns: image[rows, columns], (300, 290), 1, config, smoothed)
    tiled = np.concatenate([band.probability for band in crops], axis=1)
    np.testing.assert_allclose(tiled[:, 8:-8, 8:-8], smoothed(image)[:, 8:-8, 8:-8], rtol=0.05)


def test_a_tiled_prediction_is_close_to_that_of_the_whole_micrograph(checkpoint: Checkpoint) -> None:
    image = noise(256, 320)
    whole = predict(checkpoint, image, PredictionConfig(tile=512, overlap=0)).probability
    tiled = predict(checkpoint, image, PredictionConfig(tile=192, overlap=64)).probability
    assert whole is not None
    assert tiled is not None
    difference = np.abs(whole - tiled)[:, 32:-32, 32:-32]
    assert difference.mean() < 0.1 * whole.std(axis=(1, 2)).mean()


def test_eight_views_give_a_prediction_that_turns_with_the_micrograph(checkpoint: Checkpoint) -> None:
    config = PredictionConfig(test_time_augmentation=True)
    image = noise(64, 64)
    upright = predict(checkpoint, image, config).probability
    turned = predict(checkpoint, np.rot90(image).copy(), config).probability
    assert upright is not None
    assert turned is not None
    np.testing.assert_allclose(np.rot90(upright, axes=(1, 2)), turned, atol=1e-4)


def test_a_network_of_layers_sees_no_view_turned_by_90_degrees(checkpoint: Checkpoint) -> None:
    training = TrainingConfig(quarter_turns=False)
    layered = Checkpoint(checkpoint.provenance.model_copy(update={"training": training}), checkpoint.state)
    image, config = noise(64, 64), PredictionConfig(test_time_augmentation=True)
    upright, turned, over = (
        predict(layered, one, config).probability for one in (image, np.rot90(image).copy(), np.flipud(image).copy())
    )
    assert upright is not None
    assert turned is not None
    assert over is not None
    np.testing.assert_allclose(upright[:, ::-1], over, atol=1e-4)
    assert np.abs(np.rot90(upright, axes=(1, 2)) - turned).max() > 1e-3


def test_what_is_not_a_number_and_constant_pictures_are_predicted(checkpoint: Checkpoint) -> None:
    image = noise(40, 40).astype(np.float32)
    image[3, 4], image[5, 6] = np.nan, np.inf
    assert set(np.unique(predict(checkpoint, image).mask)) <= {1, 2, 7}
    assert predict(checkpoint, np.full((40, 40), 7.0)).mask.shape == (40, 40)


def test_progress_grows_to_the_end(checkpoint: Checkpoint) -> None:
    stream = predict_stream(checkpoint, [noise(200, 200)] * 2, PredictionConfig(tile=128, overlap=32))
    shares = [report.progress.share for report in stream]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_memory_that_runs_out_leads_to_smaller_tiles_and_is_told(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = module.probability_of

    def limited(model: torch.nn.Module, pixels: Any, memory: Any) -> Any:
        if max(pixels.shape) > 128:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(model, pixels, memory)

    monkeypatch.setattr(module, "probability_of", limited)
    result = predict(checkpoint, noise(200, 150), PredictionConfig(tile=256, overlap=64))
    assert result.mask.all()
    assert "tile of 128 instead of 256 pixels" in result.notices[0]


def test_a_databar_is_no_class_unless_that_is_switched_off(checkpoint: Checkpoint) -> None:
    micrograph = replace(Micrograph.from_array(noise(64, 64)), acquisition=Acquisition(databar_height=8))
    mask = predict(checkpoint, micrograph).mask
    assert (mask[-8:] == 0).all()
    assert (mask[:-8] > 0).all()
    assert (predict(checkpoint, micrograph, PredictionConfig(exclude_databar=False)).mask > 0).all()
