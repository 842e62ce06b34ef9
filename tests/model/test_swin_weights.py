"""Swin weights in the official and in timm's names, converted and proved by equal features; and mirrored."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import timm
import torch
from torch import Tensor

from napari_csunet.config import ModelConfig
from napari_csunet.model.conversion_swin import to_swin_encoder
from napari_csunet.model.matching import compare, resized_table, stem_for
from napari_csunet.model.mirrored import mirror_into_decoder
from napari_csunet.model.swin_encoder import SwinEncoder
from napari_csunet.model.weights_reading import read_state
from napari_csunet.model.zoo import build_model

HEADS = (1, 2, 2, 4)
DEPTHS = [(2, 2, 2, 2), (2, 2, 6, 2)]
TINY = ModelConfig(in_channels=3, embedding=8, heads=HEADS, window=4, residual_mlp=False)


def timm_swin(depths: tuple[int, int, int, int]) -> Any:
    torch.manual_seed(0)
    return timm.create_model(
        "swin_tiny_patch4_window7_224", embed_dim=8, depths=depths, num_heads=HEADS, window_size=4, img_size=256
    ).eval()


def in_official_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As the official repository saves a network: downsampling ends a stage, buffers are kept, the head is plain."""
    official = {}
    for name, tensor in state.items():
        for stage in (1, 2, 3):
            name = name.replace(f"layers.{stage}.downsample", f"layers.{stage - 1}.downsample")
        official[name.replace("head.fc.", "head.")] = tensor
    official["layers.0.blocks.1.attn_mask"] = torch.zeros(4, 16, 16)
    official["layers.0.blocks.1.attn.relative_position_index"] = torch.zeros(16, 16, dtype=torch.int64)
    return official


def ours(depths: tuple[int, int, int, int], window: int = 4) -> SwinEncoder:
    return SwinEncoder(TINY.model_copy(update={"depths": depths, "window": window})).eval()


@pytest.mark.parametrize("depths", DEPTHS)
@pytest.mark.parametrize("official", [False, True])
def test_a_converted_encoder_computes_the_same_features(
    depths: tuple[int, int, int, int], official: bool, tmp_path: Path
) -> None:
    theirs = timm_swin(depths)
    state = in_official_names(theirs.state_dict()) if official else theirs.state_dict()
    torch.save({"model": state, "epoch": 3}, tmp_path / "swin.pth")
    encoder = ours(depths)
    report = compare(encoder, to_swin_encoder(read_state(tmp_path / "swin.pth")), "swin", "", "").load()
    assert report.missing == report.reshaped == ()
    assert len(report.unexpected) == 2  # the classifier
    image = torch.randn(1, 3, 256, 256)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(image)[-1], theirs.forward_features(image), atol=1e-4, rtol=1e-4)


def test_settings_in_official_files_are_read_without_their_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = type("CfgNode", (dict,), {"__module__": "yacs.config", "__qualname__": "CfgNode"})
    module = ModuleType("yacs.config")
    vars(module)["CfgNode"] = settings
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "yacs", ModuleType("yacs"))
        patch.setitem(sys.modules, "yacs.config", module)
        torch.save({"model": {"norm.weight": torch.ones(2)}, "config": settings(depth=2)}, tmp_path / "ckpt.pth")
    assert list(read_state(tmp_path / "ckpt.pth")) == ["norm.weight"]


def test_position_tables_are_resized_to_another_window() -> None:
    encoder = ours((2, 2, 2, 2), window=6)
    report = compare(encoder, to_swin_encoder(timm_swin((2, 2, 2, 2)).state_dict()), "swin", "", "").load()
    assert len(report.reshaped) == 8
    assert report.matched_share == 1
    assert encoder.stages[0].state_dict()["0.attn.relative_position_bias_table"].shape == (121, 1)


def test_a_resized_table_keeps_its_shape_in_space() -> None:
    across = torch.linspace(-1, 1, 13).repeat(13)  # window 7: falls and rises along one axis
    both = resized_table(torch.stack([across, torch.full((169,), 0.5)], dim=1), 225)  # window 8
    assert both[:, 1].allclose(torch.tensor(0.5))
    grid = both[:, 0].view(15, 15)
    assert grid.allclose(-grid.flip(1), atol=1e-6)
    assert (grid[:, 1:] > grid[:, :-1]).all()


def test_another_number_of_heads_fits_nothing() -> None:
    encoder = SwinEncoder(TINY.model_copy(update={"heads": (2, 2, 2, 4)}))
    report = compare(encoder, to_swin_encoder(timm_swin((2, 2, 2, 2)).state_dict()), "swin", "", "").report
    assert report.matched_share == 0


def test_stock_weights_leave_the_third_layer_of_the_residual_mlp_at_random() -> None:
    encoder = SwinEncoder(TINY.model_copy(update={"residual_mlp": True}))
    report = compare(encoder, to_swin_encoder(timm_swin((2, 2, 2, 2)).state_dict()), "swin", "", "").report
    assert report.matched_share == 1
    assert all(".fc3." in name for name in report.missing)
    assert len(report.missing) == 16


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_the_input_layer_answers_a_grey_picture_alike_whatever_the_channels(channels: int) -> None:
    weight, grey = torch.randn(8, 3, 4, 4), torch.randn(1, 1, 16, 16)
    expected = torch.conv2d(grey.repeat(1, 3, 1, 1), weight)
    found = torch.conv2d(grey.repeat(1, channels, 1, 1), stem_for(weight, channels))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_decoder_mirrors_the_encoder_tensor_by_tensor() -> None:
    config = TINY.model_copy(update={"architecture": "swin-unet", "depths": (1, 2, 3, 1), "residual_mlp": True})
    network: Any = build_model(config).network
    before = {name: tensor.clone() for name, tensor in network.decoder.state_dict().items()}
    report = mirror_into_decoder(network.swin_encoder, network.decoder)
    after = network.decoder.state_dict()
    for i in (0, 1, 2):  # decoder stage 3 - i, counted from 1, stands at 2 - i
        stage = network.swin_encoder.stages[i].state_dict()
        assert all(torch.equal(after[f"stages.{2 - i}.{name}"], tensor) for name, tensor in stage.items())
    assert report.missing == tuple(sorted(name for name in before if not name.startswith("stages.")))
    assert all(torch.equal(before[name], after[name]) for name in report.missing)
