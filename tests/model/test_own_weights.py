"""The weights that come with the program."""

from __future__ import annotations

import torch

from napari_csunet.config import TrainingConfig
from napari_csunet.model.registry import registry
from napari_csunet.model.weight_loading import load_encoder_weights
from napari_csunet.model.weights import bundled_path
from napari_csunet.model.weights_metadata import weights_metadata
from napari_csunet.model.weights_reading import load_safe
from napari_csunet.model.zoo import build_model, model_config

TRAINING = TrainingConfig(encoder_weights="bundled")


def test_they_fill_preset_small_for_any_number_of_channels() -> None:
    for channels in (1, 3):
        network = model_config(TRAINING, channels, class_count=3)
        reports = load_encoder_weights(build_model(network), network, TRAINING)
        assert {report.encoder: report.matched_share for report in reports} == {"swin": 1, "cnn": 1, "decoder": 1}


def test_they_are_small_finite_and_say_how_they_were_made() -> None:
    assert bundled_path().stat().st_size <= 40e6
    assert all(torch.isfinite(tensor.float()).all() for tensor in load_safe(bundled_path()).values())
    metadata = weights_metadata(bundled_path())
    assert metadata["images"] > 1000
    assert {"recipe", "config", "minutes", "machine", "versions", "licence", "starting_weights"} <= metadata.keys()


def test_the_registry_says_of_the_bundled_weights_what_the_file_says() -> None:
    encoder = weights_metadata(bundled_path())["model"]["cnn_encoder"]
    assert [row.name for row in registry(encoder)].count("bundled") == 1
    assert "bundled" not in {row.name for row in registry("resnet18")}
