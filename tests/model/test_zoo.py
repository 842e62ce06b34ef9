"""One contract for all networks: shapes, odd sizes, gradients, state, determinism."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor

from napari_csunet.config import Architecture, ModelConfig, Preset, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.zoo import build_model, encoders, model_config

ARCHITECTURES = get_args(Architecture)


def tiny(architecture: Architecture = "csunet", channels: int = 1, classes: int = 3, seed: int = 0) -> AnySize:
    config = ModelConfig(
        architecture=architecture, in_channels=channels, class_count=classes, embedding=8, heads=(1, 2, 2, 4), window=4
    )
    return build_model(config, seed)


def picture(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("channels", "classes", "size"), [(1, 2, (64, 64)), (3, 5, (33, 70)), (2, 1, (1, 17))])
def test_logits_have_the_size_of_the_image_and_a_channel_a_class(
    architecture: Architecture, channels: int, classes: int, size: tuple[int, int]
) -> None:
    model = tiny(architecture, channels, classes).eval()
    with torch.inference_mode():
        assert model(picture(2, channels, *size)).shape == (2, classes, *size)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_gradient_reaches_every_parameter_of_every_encoder(architecture: Architecture) -> None:
    model = tiny(architecture)
    (model(picture(2, 1, 64, 64)) ** 2).mean().backward()
    for kind, encoder in encoders(model).items():
        without = [name for name, parameter in encoder.named_parameters() if not _has_gradient(parameter)]
        assert not without, kind


def _has_gradient(parameter: torch.nn.Parameter) -> bool:
    return parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_state_carries_everything(architecture: Architecture) -> None:
    first, second = tiny(architecture, seed=0).eval(), tiny(architecture, seed=1).eval()
    image = picture(1, 1, 40, 40)
    with torch.inference_mode():
        assert not torch.equal(first(image), second(image))
        second.load_state_dict(first.state_dict())
        assert torch.equal(first(image), second(image))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_same_seed_gives_the_same_network_and_leaves_the_random_state_alone(architecture: Architecture) -> None:
    before = torch.random.get_rng_state()
    states = [tiny(architecture).state_dict() for _ in range(2)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(("preset", "millions"), [("small", (10, 20)), ("standard", (40, 80)), ("paper", (50, 110))])
def test_presets_have_the_size_they_promise(preset: Preset, millions: tuple[int, int]) -> None:
    with torch.device("meta"):
        model = build_model(model_config(TrainingConfig(preset=preset, encoder_weights="none"), 1, 3))
    size = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    assert millions[0] <= size <= millions[1]


def test_the_paper_preset_is_the_published_network() -> None:
    config = model_config(TrainingConfig(preset="paper", encoder_weights="none"), 3, 3)
    assert (config.embedding, config.depths, config.heads, config.window) == (96, (2, 2, 6, 2), (3, 6, 12, 24), 8)
    assert (config.cnn_encoder, config.residual_mlp) == ("efficientnet-b4", True)


def test_an_unknown_cnn_encoder_is_named() -> None:
    with pytest.raises(WeightsError, match="resnet1818"):
        build_model(ModelConfig(cnn_encoder="resnet1818"))
