"""NASA's files for every encoder, written here: they have the tensors of the networks that NASA trained, and fit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from napari_csunet.errors import WeightsError
from napari_csunet.model.cnn_encoder import build_encoder
from napari_csunet.model.conversion_cnn import INPUT_SPREAD, to_smp_encoder
from napari_csunet.model.matching import compare
from napari_csunet.model.micronet import MILLION_VALUES, fetch_micronet, micronet_encoders, micronet_file_name
from napari_csunet.model.network_parts import part_of
from napari_csunet.model.weights_reading import read_state

ORIGINALS: dict[str, Any] = json.loads(Path(__file__).with_name("micronet_originals.json").read_text("utf-8"))
"""Names and shapes, hashed, of the networks that NASA trained; made by benchmarks/micronet_encoders.py."""

FILLERS = [name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")]


@pytest.fixture(autouse=True)
def _unfilled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks are built without filling them with random numbers, which is most of the time."""
    for name in FILLERS:
        monkeypatch.setattr(nn.init, name, lambda tensor, *_, **__: tensor)


def as_published(name: str, encoder: nn.Module, folder: Path) -> Path:
    """A file as NASA's training script saves it: wrapped for several GPUs, with classifier and optimiser."""
    shapes = {key: tensor.shape for key, tensor in encoder.state_dict().items()}
    shapes |= {key: torch.Size(shape) for key, shape in ORIGINALS[name]["classifier"].items()}
    value = torch.tensor(0.5)  # all tensors share its memory
    tensors = {wrapped(name, key): value.expand(shape) for key, shape in shapes.items()}
    path = folder / micronet_file_name(name, "imagenet-micronet")
    torch.save({"epoch": 7, "arch": name, "state_dict": tensors, "optimizer": {}, "best_acc1": value}, path)
    return path


def wrapped(name: str, key: str) -> str:
    """torch.nn.DataParallel wraps the whole network, but of a VGG only the features."""
    if name.startswith("vgg"):
        return key.replace("features.", "features.module.")
    return f"module.{key}"


def test_every_encoder_on_file_is_compared() -> None:
    assert ORIGINALS.keys() == MILLION_VALUES.keys() == set(micronet_encoders("imagenet-micronet"))
    assert len(micronet_encoders("micronet")) == 36


@pytest.mark.parametrize("name", MILLION_VALUES)
def test_the_installed_encoder_has_the_tensors_of_the_published_one(name: str, tmp_path: Path) -> None:
    encoder = build_encoder(name, 3)
    assert fingerprint(encoder.state_dict()) == ORIGINALS[name]["sha256"]
    state = read_state(as_published(name, encoder, tmp_path))
    fit = compare(encoder, part_of(state, "cnn", name), "cnn", "micronet", "")
    assert fit.report.matched_share == 1
    assert fit.report.missing == ()
    assert set(fit.report.unexpected) == set(ORIGINALS[name]["classifier"])


def fingerprint(state: dict[str, Tensor]) -> str:
    return hashlib.sha256("\n".join(f"{key} {list(one.shape)}" for key, one in state.items()).encode()).hexdigest()


def test_nasa_has_a_second_version_of_one_file_only() -> None:
    assert micronet_file_name("resnet50", "micronet") == "resnet50_pretrained_microscopynet_v1.1.pth.tar"
    assert micronet_file_name("resnet50", "imagenet-micronet").endswith("imagenet-microscopynet_v1.0.pth.tar")
    assert micronet_file_name("resnext101_32x8d", "micronet") == "resnext101_pretrained_microscopynet_v1.0.pth.tar"


def test_names_of_old_densenet_files_are_brought_up_to_date() -> None:
    old = {"features.denseblock1.denselayer2.norm.1.weight": torch.ones(1)}
    assert list(to_smp_encoder(old, "densenet121")) == ["features.denseblock1.denselayer2.norm1.weight"]


def test_the_input_layer_is_scaled_for_encoders_that_were_trained_on_a_narrower_range() -> None:
    state = {"block1.weight": torch.ones(8, 8, 3, 3), "conv1.weight": torch.ones(8, 3, 3, 3)}
    scaled = to_smp_encoder(state, "xception")
    assert scaled["conv1.weight"].mean() == pytest.approx(INPUT_SPREAD)
    assert scaled["block1.weight"].mean() == 1
    assert to_smp_encoder(state, "resnet18")["conv1.weight"].mean() == 1


@pytest.mark.parametrize("name", ["efficientnet-b0", "inceptionresnetv2", "inceptionv4", "xception", "densenet121"])
def test_only_the_input_layer_of_a_state_in_the_encoders_own_names_is_changed(name: str) -> None:
    state = build_encoder(name, 3).state_dict()
    converted = to_smp_encoder(state, name)
    assert converted.keys() == state.keys()
    changed = [key for key in state if converted[key] is not state[key]]
    assert all(state[key].shape[1] == 3 for key in changed)


def test_an_encoder_that_nasa_has_not_is_refused_before_any_download() -> None:
    with pytest.raises(WeightsError, match=r"no micronet weights of efficientnet-b7.*resnet18"):
        fetch_micronet("efficientnet-b7", "micronet")
