"""Every kind of encoder weights: what it is for, where it is from, under which licence, and whether it is at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_csunet.model.imagenet import SWIN, HubFile, cnn_repository
from napari_csunet.model.micronet import MILLION_VALUES, micronet_encoders, micronet_file_name, micronet_url
from napari_csunet.model.weights import bundled_path, cache_folder
from napari_csunet.model.weights_metadata import cnn_encoder_of

MICRONET_PAPER = "Stuckner, Harder, Smith 2022, npj Comput. Mater. 8, 200"
CSUNET_PAPER = "Alrfou, Zhao, Kordijazi 2023, arXiv 2308.13917"
SWIN_PAPER = "Liu et al. 2021, arXiv 2103.14030"
IMAGENET_PAPER = "Russakovsky et al. 2015, arXiv 1409.0575"
MICROLITE_URL = "https://github.com/Kalrfou/SwinT-pretrained-microscopy-models"
_SWIN_MEGABYTES = 113
_BYTES_A_VALUE = 4
_MICROLITE_KINDS = {"Original": "2, 2, 6, 2", "Intermediate": "2, 2, 2, 2"}
_CNN_LICENCE = "the network authors' (torchvision BSD-3-Clause, EfficientNet Apache-2.0, others see the hub)"


@dataclass(frozen=True)
class WeightsRow:
    """Weights for one encoder. ``megabytes`` of the file, None if unknown; ``is_cached``: usable without internet."""

    name: str
    encoder: str
    source: str
    licence: str
    megabytes: float | None
    citation: str
    is_cached: bool
    note: str = ""


def registry(encoder: str | None = None) -> tuple[WeightsRow, ...]:
    """All weights that can be named, or those for one encoder ("swin", or a CNN encoder such as "resnet50")."""
    rows = (
        *(_bundled(), _none(), _imagenet_swin()),
        *(_imagenet_cnn(one) for one in MILLION_VALUES),
        *(_micronet(one, name) for name in ("micronet", "imagenet-micronet") for one in micronet_encoders(name)),
        *(_microlite(name, kind) for name in ("microlite", "imagenet-microlite") for kind in _MICROLITE_KINDS),
        _by_path(),
    )
    return tuple(row for row in rows if encoder is None or encoder in row.encoder.split(", "))


def _bundled() -> WeightsRow:
    path = bundled_path()
    made = "napari-csunet, docs/pretraining.md"
    there = path.is_file()
    parts = f"swin, {cnn_encoder_of(path)}, decoder" if there else "swin, decoder"
    licence = "BSD-3-Clause and Apache-2.0"
    return WeightsRow("bundled", parts, str(path), licence, _megabytes(path), made, there, "preset small")


def _none() -> WeightsRow:
    return WeightsRow("none", "any", "random numbers", "", 0.0, "", True)


def _imagenet_swin() -> WeightsRow:
    note = "Swin-T, presets standard and paper"
    return _hub_row(SWIN, "swin", "MIT", _SWIN_MEGABYTES, SWIN_PAPER, note)


def _imagenet_cnn(encoder: str) -> WeightsRow:
    size = _BYTES_A_VALUE * MILLION_VALUES[encoder]
    return _hub_row(HubFile(cnn_repository(encoder)), encoder, _CNN_LICENCE, size, IMAGENET_PAPER, "")


def _hub_row(file: HubFile, encoder: str, licence: str, size: float, citation: str, note: str) -> WeightsRow:
    source = f"https://huggingface.co/{file.repository}"
    return WeightsRow("imagenet", encoder, source, licence, round(size, 1), citation, file.cached() is not None, note)


def _micronet(encoder: str, name: str) -> WeightsRow:
    file_name = micronet_file_name(encoder, name)
    size = round(_BYTES_A_VALUE * MILLION_VALUES[encoder], 1)
    is_cached = (cache_folder() / file_name).is_file()
    return WeightsRow(name, encoder, micronet_url() + file_name, "MIT", size, MICRONET_PAPER, is_cached)


def _microlite(name: str, kind: str) -> WeightsRow:
    note = f"Swin-T {kind}, depths {_MICROLITE_KINDS[kind]}; download it from the authors and give its path"
    return WeightsRow(name, "swin", MICROLITE_URL, "not stated", None, CSUNET_PAPER, False, note)


def _by_path() -> WeightsRow:
    note = "your own: made by napari-csunet pretrain, or any file in the formats above"
    return WeightsRow("PATH", "any", "a .safetensors, .pth or .pth.tar file", "yours", None, "", True, note)


def _megabytes(path: Path) -> float | None:
    return round(path.stat().st_size / 1e6, 1) if path.is_file() else None
