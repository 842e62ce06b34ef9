"""Weights are loaded in truth or not at all: by name, by path, into the parts they fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model.cnn_encoder import build_encoder
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.imagenet import SWIN
from napari_csunet.model.micronet import micronet_file_name
from napari_csunet.model.swin_encoder import SwinEncoder
from napari_csunet.model.weight_loading import LoadReport, fetch_encoder_weights, load_encoder_weights
from napari_csunet.model.weights import file_sha256
from napari_csunet.model.zoo import build_model, encoders

TINY = ModelConfig(embedding=8, heads=(1, 2, 2, 4), depths=(1, 1, 1, 1), window=4, cnn_encoder="mobilenet_v2")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and no server in reach."""
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("NAPARI_CSUNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NAPARI_CSUNET_MICRONET_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "cache"


def load(model: AnySize, config: ModelConfig, **training: Any) -> dict[str, LoadReport]:
    """Reports by part."""
    accept = training.pop("accept_partial", False)
    reports = load_encoder_weights(model, config, TrainingConfig(**training), accept_partial=accept)
    return {report.encoder: report for report in reports}


def rgb_mobilenet() -> dict[str, Tensor]:
    return dict(build_encoder("mobilenet_v2", 3).state_dict())


def test_cached_micronet_weights_are_loaded_and_told(cache: Path) -> None:
    published = rgb_mobilenet()
    path = cache / micronet_file_name("mobilenet_v2", "micronet")
    torch.save({f"module.{name}": tensor for name, tensor in published.items()}, path)
    model = build_model(TINY)
    reports = load(model, TINY, encoder_weights="micronet")
    assert list(reports) == ["cnn"]
    assert reports["cnn"].reshaped == ("features.0.0.weight",)
    assert (reports["cnn"].matched_share, reports["cnn"].missing, reports["cnn"].unexpected) == (1, (), ())
    assert (reports["cnn"].source, reports["cnn"].sha256) == ("micronet", file_sha256(path))
    loaded = encoders(model)["cnn"].state_dict()
    assert torch.equal(loaded["features.1.conv.0.0.weight"], published["features.1.conv.0.0.weight"])


def test_each_encoder_can_start_from_weights_of_its_own(cache: Path, tmp_path: Path) -> None:
    torch.save(rgb_mobilenet(), cache / micronet_file_name("mobilenet_v2", "imagenet-micronet"))
    save_file(SwinEncoder(TINY).state_dict(), tmp_path / "swin.safetensors")
    model = build_model(TINY)
    swin_path = str(tmp_path / "swin.safetensors")
    reports = load(model, TINY, encoder_weights="imagenet-micronet", swin_weights=swin_path)
    assert {part: report.source for part, report in reports.items()} == {
        "swin": swin_path,
        "cnn": "imagenet-micronet",
        "decoder": "the Swin encoder, mirrored",
    }


def test_imagenet_swin_fits_the_wider_presets_only(cache: Path) -> None:
    wide = TINY.model_copy(update={"embedding": 96, "architecture": "swin-unet", "heads": (3, 6, 12, 24)})
    save_file(SwinEncoder(wide).state_dict(), cache / SWIN.name_by_hand)
    assert load(build_model(wide), wide, encoder_weights="imagenet")["swin"].matched_share == 1
    narrow = TINY.model_copy(update={"architecture": "swin-unet"})
    with pytest.raises(WeightsError, match="no imagenet weights for this network"):
        load(build_model(narrow), narrow, encoder_weights="imagenet")


def test_a_file_for_one_encoder_leaves_the_other_alone(tmp_path: Path) -> None:
    torch.save({"state_dict": rgb_mobilenet()}, tmp_path / "cnn.pth")
    model = build_model(TINY)
    before = encoders(model)["swin"].state_dict()["patch_embedding.weight"].clone()
    assert list(load(model, TINY, encoder_weights=str(tmp_path / "cnn.pth"))) == ["cnn"]
    assert torch.equal(encoders(model)["swin"].state_dict()["patch_embedding.weight"], before)


def test_weights_of_another_encoder_are_refused_and_change_nothing(tmp_path: Path) -> None:
    save_file(build_encoder("resnet18", 3).state_dict(), tmp_path / "resnet18.safetensors")
    model = build_model(TINY)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(WeightsError, match="fit only 0% of the swin parameters and 0% of the cnn parameters"):
        load(model, TINY, encoder_weights=str(tmp_path / "resnet18.safetensors"))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_too_little_is_refused_unless_asked_for(tmp_path: Path) -> None:
    some = {name: tensor for name, tensor in rgb_mobilenet().items() if not name.startswith("features.17.")}
    torch.save(some, tmp_path / "some.pth")
    unet = TINY.model_copy(update={"architecture": "unet"})
    with pytest.raises(
        WeightsError, match=r"fit only 79% .*missing, for example, features\.17.*--accept-partial-weights"
    ):
        load(build_model(unet), unet, encoder_weights=str(tmp_path / "some.pth"))
    report = load(build_model(unet), unet, encoder_weights=str(tmp_path / "some.pth"), accept_partial=True)["cnn"]
    assert report.matched_share == pytest.approx(0.79, abs=0.01)
    assert all(name.startswith("features.17.") for name in report.missing)


def test_values_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    state = rgb_mobilenet() | {"features.1.conv.1.weight": torch.full((16, 32, 1, 1), float("nan"))}
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(
        WeightsError, match=r"nan\.pth holds values in features\.1\.conv\.1\.weight that are not finite"
    ):
        load(build_model(TINY), TINY, encoder_weights=str(tmp_path / "nan.pth"))


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(WeightsError, match="imagenet-micronet"):
        load(build_model(TINY), TINY, encoder_weights="bundeld")


def test_weights_that_no_program_can_download_are_asked_for_by_path() -> None:
    with pytest.raises(WeightsError, match="give its path in place of the name"):
        load(build_model(TINY), TINY, swin_weights="microlite")


@pytest.mark.usefixtures("cache")
def test_weights_can_be_fetched_before_the_network_is_built() -> None:
    with pytest.raises(WeightsError, match=r"127\.0\.0\.1:9/mobilenet_v2_pretrained_microscopynet"):
        fetch_encoder_weights(TINY, TrainingConfig(encoder_weights="micronet"), None)
    fetch_encoder_weights(TINY, TrainingConfig(encoder_weights="/a/file.pth", swin_weights="none"), None)
