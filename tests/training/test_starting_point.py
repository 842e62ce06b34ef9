"""What a fine-tuning starts from is told, and recorded in its checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import save_file

from napari_csunet import ClassTable, Micrograph, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model.network_parts import parts
from napari_csunet.model.weights import bundled_path, file_sha256
from napari_csunet.model.zoo import build_model, model_config
from napari_csunet.training.starting_point import fetching, starting_point, with_weights_that_exist

pytestmark = pytest.mark.usefixtures("small_network")


@pytest.fixture
def swin_file(tmp_path: Path) -> Path:
    """Weights of the Swin encoder alone, without the third layers of its MLPs, as stock ones are."""
    state = parts(build_model(model_config(TrainingConfig(), in_channels=1, class_count=2), seed=3))[
        "swin"
    ].state_dict()
    stock = {name: tensor for name, tensor in state.items() if ".fc3." not in name}
    save_file(stock, tmp_path / "swin.safetensors")
    return tmp_path / "swin.safetensors"


def test_every_part_is_told_and_its_source_recorded(
    swin_file: Path, micrograph: Micrograph, classes: ClassTable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    start = starting_point([micrograph], classes, TrainingConfig(encoder_weights=str(swin_file)), None)
    told, cnn = start.notices
    known = f"the Swin encoder from {swin_file}, the decoder from the Swin encoder, mirrored (15 % of it)"
    assert told == f"The network goes on from what it learnt on other pictures before: {known}."
    assert "100%), 8 start at random." in caplog.text
    assert cnn == "Nothing in these weights fits the CNN encoder: it starts at random."
    weights = start.encoder_weights
    assert weights.sources == {"swin": str(swin_file), "decoder": "the Swin encoder, mirrored"}
    assert weights.sha256["swin"] == file_sha256(swin_file)


def test_nothing_is_fetched_for_files_and_checkpoints(swin_file: Path) -> None:
    assert list(fetching(TrainingConfig(encoder_weights=str(swin_file)), None)) == []
    assert list(fetching(TrainingConfig(encoder_weights="micronet"), "alloy.csunet.safetensors")) == []


def test_a_download_that_fails_is_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAPARI_CSUNET_CACHE", str(tmp_path))
    monkeypatch.setenv("NAPARI_CSUNET_MICRONET_URL", "http://127.0.0.1:9")
    with pytest.raises(WeightsError, match="mobilenet_v2_pretrained_microscopynet"):
        list(fetching(TrainingConfig(encoder_weights="micronet"), None))


def test_only_bundled_weights_that_nobody_named_may_fit_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_csunet.training.starting_point.bundled_path", bundled_path)
    chosen = with_weights_that_exist(TrainingConfig(cnn_encoder="resnet18"))
    assert (chosen.encoder_weights, chosen.accept_partial_weights) == ("bundled", True)
    named = TrainingConfig(cnn_encoder="resnet18", encoder_weights="bundled")
    assert with_weights_that_exist(named) == named
    assert not with_weights_that_exist(TrainingConfig()).accept_partial_weights
