"""Weights of this program: one file for both encoders and the decoder, from the package or by path."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.network_parts import parts
from napari_csunet.model.weight_loading import LoadReport, load_encoder_weights
from napari_csunet.model.zoo import build_model, model_config

Write = Callable[[ModelConfig], AnySize]
TINY = ModelConfig(embedding=8, heads=(1, 2, 2, 4), depths=(1, 1, 1, 1), window=4, cnn_encoder="mobilenet_v2")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a network without its last layer in half precision, as pretraining does, to be the bundled file."""

    def write(config: ModelConfig) -> AnySize:
        model = build_model(config, seed=1)
        state = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("network.head.")}
        halved = {name: one.half() if one.is_floating_point() else one for name, one in state.items()}
        save_file({name: one.contiguous() for name, one in halved.items()}, tmp_path / "small.safetensors")
        return model

    monkeypatch.setattr("napari_csunet.model.weight_loading.bundled_path", lambda: tmp_path / "small.safetensors")
    return write


def load(model: AnySize, config: ModelConfig, accept_partial: bool = False) -> dict[str, LoadReport]:
    """Reports by part."""
    training = TrainingConfig(encoder_weights="bundled")
    loaded = load_encoder_weights(model, config, training, accept_partial=accept_partial)
    return {report.encoder: report for report in loaded}


def test_both_encoders_and_the_decoder_are_loaded_and_told(write: Write) -> None:
    written = write(TINY)
    model = build_model(TINY, seed=2)
    head = model.state_dict()["network.head.weight"].clone()
    reports = load(model, TINY)
    assert {part: report.matched_share for part, report in reports.items()} == {"swin": 1, "cnn": 1, "decoder": 1}
    assert all(report.missing == report.unexpected == report.reshaped == () for report in reports.values())
    loaded = model.state_dict()
    assert torch.equal(loaded.pop("network.head.weight"), head)
    for name, tensor in loaded.items():
        torch.testing.assert_close(tensor, written.state_dict()[name], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "misfit", "taken"),
    [({"cnn_encoder": "resnet18"}, "cnn", ["swin", "decoder"]), ({"embedding": 16}, "swin", ["cnn", "decoder"])],
)
def test_an_encoder_that_does_not_fit_is_refused_though_the_other_fits_unless_asked_for(
    write: Write, change: dict[str, Any], misfit: str, taken: list[str]
) -> None:
    write(TINY)
    other = TINY.model_copy(update=change)
    model = build_model(other)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(WeightsError, match=rf"bundled fit only \d+% of the {misfit} parameters of .*--accept-partial-"):
        load(model, other)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert [part for part in load(model, other, accept_partial=True) if part != misfit] == taken


def test_a_unet_takes_the_cnn_encoder_only(write: Write) -> None:
    write(TINY)
    unet = TINY.model_copy(update={"architecture": "unet"})
    assert list(load(build_model(unet), unet)) == ["cnn"]


def test_colour_takes_the_weights_of_grey(write: Write) -> None:
    write(TINY)
    colour = TINY.model_copy(update={"in_channels": 3})
    reports = load(build_model(colour), colour)
    assert reports["swin"].reshaped == ("patch_embedding.weight",)
    assert reports["cnn"].reshaped == ("features.0.0.weight",)


def test_a_network_that_shares_nothing_is_refused_with_numbers(write: Write) -> None:
    write(TINY)
    other = TINY.model_copy(update={"cnn_encoder": "resnet18", "embedding": 16})
    with pytest.raises(WeightsError, match=r"bundled fit only 0% of the swin.*choose the encoder or the preset"):
        load(build_model(other), other)


def test_a_missing_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_csunet.model.weight_loading.bundled_path", lambda: tmp_path / "absent.safetensors")
    with pytest.raises(WeightsError, match=r"brings no weights of its own.*absent\.safetensors is missing"):
        load(build_model(TINY), TINY)


def test_the_small_preset_loads_in_an_instant(write: Write) -> None:
    small = model_config(TrainingConfig(preset="small"), in_channels=1, class_count=2)
    write(small)
    model = build_model(small)
    start = time.process_time()
    assert set(load(model, small)) == set(parts(model))
    assert time.process_time() - start < 0.3
