"""Pretraining: endless batches of every family, and weights that the encoders accept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from napari_csunet.config import PretrainingConfig, TrainingConfig
from napari_csunet.errors import OutputError
from napari_csunet.model.weight_loading import load_encoder_weights
from napari_csunet.model.zoo import build_model, encoders, model_config
from napari_csunet.training.pretraining import SyntheticPatches, pretrain

QUICK = PretrainingConfig(steps=2, patch_size=64, batch_size=2, device="cpu")


def test_every_class_of_every_family_has_a_number_of_its_own() -> None:
    patches = SyntheticPatches(seed=0)
    seen = {value for _ in range(12) for value in patches.batch(1, 64).targets.flatten().tolist()}
    assert max(seen) < patches.class_count
    assert len(seen) > patches.class_count / 2


@pytest.mark.usefixtures("small_network")
def test_the_weights_are_those_that_were_trained(tmp_path: Path) -> None:
    reports = list(pretrain(QUICK, out=tmp_path / "mine.safetensors"))
    assert [report.kind for report in reports] == ["started", "step", "step", "finished"]
    config = model_config(TrainingConfig(), in_channels=3, class_count=2)
    model = build_model(config, seed=7)
    before = {kind: next(iter(encoder.parameters())).clone() for kind, encoder in encoders(model).items()}
    training = TrainingConfig(encoder_weights=str(tmp_path / "mine.safetensors"))
    loaded = load_encoder_weights(model, config, training)
    assert {one.encoder: one.matched_share for one in loaded} == {"swin": 1, "cnn": 1}
    assert all(not torch.equal(before[kind], next(iter(one.parameters()))) for kind, one in encoders(model).items())


def test_existing_weights_are_not_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        next(pretrain(QUICK, out=tmp_path / "mine.safetensors"))
