"""Back to full resolution: sizes, edges, and that messages are passed on."""

from __future__ import annotations

import numpy as np
import torch

from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, PredictionConfig, TrainingConfig
from napari_csunet.inference.blending import Band, Probability
from napari_csunet.inference.prediction import predict, predict_stream
from napari_csunet.inference.restoration import Grid, restored
from napari_csunet.model.zoo import build_model

TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, heads=(1, 2, 2, 4), window=4, class_count=2)
CLASSES = ClassTable.parse("1=matrix,2=particle")


def step_edge(column: int, width: int = 64) -> Probability:
    """A picture (64, width, 1), dark left of a column and bright from there on."""
    picture = np.full((64, width, 1), -1, np.float32)
    picture[:, column:] = 1
    return picture


def full_size(fine: Probability, factor: int) -> Probability:
    """What is restored from the class shares that the blocks of ``fine`` have."""
    coarse = fine.reshape(64 // factor, factor, -1, factor, 1).mean(axis=(1, 3))
    share = (coarse[..., 0] + 1) / 2
    events = iter([Band(0, np.stack([1 - share, share]).astype(np.float32), share.size)])
    grid = Grid((64 // factor, 64 // factor), (64, 64))
    bands = restored(events, grid, lambda *at: coarse[at], lambda *at: fine[at], (64, 64))
    return np.concatenate([band.probability for band in bands if isinstance(band, Band)], axis=1)


def test_an_edge_comes_back_where_the_micrograph_has_it() -> None:
    mask = full_size(step_edge(30), 4).argmax(axis=0)
    assert (mask == (np.arange(64) >= 30)).all()


def test_restored_probability_adds_up_to_one() -> None:
    np.testing.assert_allclose(full_size(step_edge(29), 4).sum(axis=0), 1, atol=1e-5)


def test_a_sentence_is_passed_on_and_the_slice_starts_again() -> None:
    half = np.full((2, 16, 16), 0.5, np.float32)
    sure = np.stack([np.ones((16, 16)), np.zeros((16, 16))]).astype(np.float32)
    events = list(
        restored(
            iter([Band(0, half, 256), "less memory", Band(0, sure, 256)]),
            Grid((16, 16), (64, 64)),
            lambda rows, columns: step_edge(30)[::4, ::4],
            lambda rows, columns: step_edge(30)[rows, columns],
            (64, 64),
        )
    )
    assert "less memory" in events
    last = events[-1]
    assert isinstance(last, Band)
    assert (last.probability.argmax(axis=0) == 0).all()


def test_a_checkpoint_that_works_at_a_coarser_scale_gives_masks_of_full_size_and_counts_every_pixel() -> None:
    torch.manual_seed(0)
    provenance = Provenance(model=TINY, classes=CLASSES, training=TrainingConfig(), reduction=4)
    checkpoint = Checkpoint(provenance, copied_state(build_model(TINY)))
    image = np.random.default_rng(0).random((2, 101, 130)).astype(np.float32)
    assert predict(checkpoint, image).mask.shape == (2, 101, 130)
    last = list(predict_stream(checkpoint, [image], PredictionConfig(tile=64, overlap=0)))[-1]
    assert last.progress.done == last.progress.total == 2 * 101 * 130
