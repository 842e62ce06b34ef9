"""EfficientNet-Lite0 with the names and shapes of the file on PyPI fits smp's encoder in whole."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from napari_csunet.model.cnn_encoder import build_encoder
from napari_csunet.model.conversion_cnn import to_smp_encoder
from napari_csunet.model.matching import compare

ENCODER = "tu-efficientnet_lite0"
ORIGINAL: dict[str, list[int]] = json.loads(Path(__file__).with_name("efficientnet_lite0_original.json").read_text())


def test_every_tensor_of_the_published_file_finds_its_place() -> None:
    published = {name: torch.full(shape, 0.5) for name, shape in ORIGINAL.items()}
    report = compare(build_encoder(ENCODER, 1), to_smp_encoder(published, ENCODER), "cnn", "file", "").report
    assert report.matched_share == 1
    assert not report.missing
    assert not report.unexpected
    assert report.reshaped == ("model.conv_stem.weight",)


def test_layers_keep_their_order() -> None:
    numbered = {name: torch.full(shape, float(i)) for i, (name, shape) in enumerate(ORIGINAL.items())}
    renamed = to_smp_encoder(numbered, ENCODER)
    places = [renamed[name].flatten()[0].item() for name in build_encoder(ENCODER, 3).state_dict()]
    assert places == sorted(places)
