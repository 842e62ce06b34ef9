"""A checkpoint is one file that knows all about itself and refuses what does not fit."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from napari_csunet import checkpoint as module
from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state, load_checkpoint, read_provenance
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import CheckpointError, OutputError
from napari_csunet.model.zoo import build_model

TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, heads=(1, 2, 2, 4), window=4, class_count=2)


@pytest.fixture
def made() -> Checkpoint:
    table = ClassTable.parse("0=matrix,3=pore")
    provenance = Provenance(
        model=TINY, classes=table, training=TrainingConfig(seed=5), pixel_size_nm=(12.5, 12.5), history=({"step": 1},)
    )
    return Checkpoint(provenance, copied_state(build_model(TINY)))


def test_a_checkpoint_comes_back_as_it_was(made: Checkpoint, tmp_path: Path) -> None:
    loaded = load_checkpoint(made.save(tmp_path / "a.csunet.safetensors"))
    assert loaded.provenance == made.provenance
    image = torch.rand(1, 1, 40, 50)
    with torch.inference_mode():
        assert torch.equal(loaded.build_model()(image), made.build_model()(image))


def test_an_existing_file_is_not_overwritten_unasked(made: Checkpoint, tmp_path: Path) -> None:
    path = made.save(tmp_path / "a.safetensors")
    with pytest.raises(OutputError, match="exists already"):
        made.save(path)
    made.save(path, overwrite=True)


def test_a_full_disk_leaves_the_old_checkpoint_alone(
    made: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made.save(tmp_path / "a.safetensors")
    before = path.read_bytes()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="disk is full"):
        made.save(path, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_foreign_or_damaged_file_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"a\.safetensors"):
        load_checkpoint(path)


def test_a_truncated_checkpoint_is_refused(made: Checkpoint, tmp_path: Path) -> None:
    path = made.save(tmp_path / "a.safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


def test_a_missing_file_and_somebody_elses_tensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        load_checkpoint(tmp_path / "absent.safetensors")
    save_file({"weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="not made by this program"):
        load_checkpoint(tmp_path / "other.safetensors")


def test_a_newer_format_asks_for_an_update(made: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made.save(tmp_path / "a.safetensors")
    monkeypatch.setattr(module, "FORMAT", 0)
    with pytest.raises(CheckpointError, match=r"newer version .* Update"):
        read_provenance(path)


def test_tensors_that_do_not_fit_are_named(made: Checkpoint) -> None:
    name = "network.head.weight"
    state = dict(made.state)
    del state[name]
    state |= {"network.extra": torch.zeros(1), "network.decoder.norm.bias": torch.zeros(3)}
    with pytest.raises(
        CheckpointError, match=r"1 missing \(network\.head\.weight\), 1 unexpected .*1 of another shape"
    ):
        Checkpoint(made.provenance, state).build_model()
