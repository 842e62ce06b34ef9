"""Weights are loaded in truth or not at all: files in the published formats, written here and served from 127.0.0.1."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file

from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model import weights
from napari_csunet.model.cnn_encoder import build_encoder
from napari_csunet.model.weight_loading import load_encoder_weights, load_matching, read_state, swin_from_timm
from napari_csunet.model.zoo import build_model, encoders

TINY = ModelConfig(embedding=8, heads=(1, 2, 2, 4), window=4)


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Address under which the files of ``tmp_path/remote`` are served."""
    (tmp_path / "remote").mkdir()
    handler = partial(QuietHandler, directory=str(tmp_path / "remote"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


def test_micronet_is_fetched_loaded_and_recorded(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = build_encoder("resnet18", 3).state_dict() | {"fc.weight": torch.zeros(54, 512)}
    file_name = weights.micronet_file_name("resnet18", "micronet")
    torch.save({f"module.{name}": tensor for name, tensor in published.items()}, tmp_path / "remote" / file_name)
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(weights.fetch_micronet, "__defaults__", (server,))
    model = build_model(TINY)
    (report,) = load_encoder_weights(model, TINY, TrainingConfig(encoder_weights="micronet"))
    assert report.matched_share == 1
    assert report.unexpected == ("fc.weight",)
    assert report.reshaped == ("conv1.weight",)
    assert report.sha256 == weights.file_sha256(tmp_path / "cache" / file_name)
    loaded = encoders(model)["cnn"].state_dict()
    assert torch.equal(loaded["layer1.0.conv1.weight"], published["layer1.0.conv1.weight"])
    torch.testing.assert_close(loaded["conv1.weight"], published["conv1.weight"].sum(dim=1, keepdim=True))


def test_an_unreachable_host_says_where_to_put_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match=r"Download http://127\.0\.0\.1:9/resnet50_.*v1\.1.*put it into"):
        weights.fetch_micronet("resnet50", "micronet", "http://127.0.0.1:9/")


def test_timms_swin_fits_and_gives_the_same_features() -> None:
    depths, heads = (2, 2, 2, 2), (1, 2, 2, 4)
    theirs: Any = timm.create_model(
        "swin_tiny_patch4_window7_224", embed_dim=8, depths=depths, num_heads=heads, window_size=4, img_size=256
    ).eval()
    config = ModelConfig(in_channels=3, embedding=8, heads=heads, depths=depths, window=4, residual_mlp=False)
    model = build_model(config.model_copy(update={"architecture": "swin-unet"}))
    ours: Any = encoders(model)["swin"].eval()
    report = load_matching(ours, swin_from_timm(theirs.state_dict()), "swin", "")
    assert report.missing == ()
    image = torch.rand(1, 3, 256, 256)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image)[-1], theirs.forward_features(image), atol=1e-4, rtol=1e-3)


def test_weights_of_another_encoder_are_refused_and_change_nothing(tmp_path: Path) -> None:
    save_file(build_encoder("resnet34", 3).state_dict(), tmp_path / "resnet34.safetensors")
    model = build_model(TINY.model_copy(update={"cnn_encoder": "mobilenet_v2", "architecture": "unet"}))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    config = TrainingConfig(encoder_weights=str(tmp_path / "resnet34.safetensors"))
    with pytest.raises(WeightsError, match="fit only 0%"):
        load_encoder_weights(model, TINY, config)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("name", ["damaged.pth", "damaged.safetensors"])
def test_a_damaged_file_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04nonsense")
    with pytest.raises(WeightsError, match=name):
        read_state(tmp_path / name)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": Path}, tmp_path / "code.pth")
    with pytest.raises(WeightsError, match="holds more than tensors"):
        read_state(tmp_path / "code.pth")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(WeightsError, match="imagenet-micronet"):
        load_encoder_weights(build_model(TINY), TINY, TrainingConfig(encoder_weights="bundeld"))
