"""Bad files of weights: one clear sentence each, and no code is run."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from napari_csunet.errors import WeightsError
from napari_csunet.model.weights_reading import read_state


@pytest.mark.parametrize("name", ["damaged.pth", "damaged.safetensors", "damaged.pth.tar"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04nonsense", b"<html>Not found</html>"])
def test_a_damaged_file_is_refused_by_name(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=rf"{name} cannot be opened as weights: it is damaged.*Choose another"):
        read_state(tmp_path / name)


@pytest.mark.parametrize("name", ["half.pth", "half.safetensors"])
def test_a_truncated_file_is_refused_by_name(name: str, tmp_path: Path) -> None:
    state, path = {"a.weight": torch.ones(64, 64)}, tmp_path / name
    if path.suffix == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(WeightsError, match=name):
        read_state(path)


def test_a_file_that_would_run_code_is_refused_with_the_class_it_needs(tmp_path: Path) -> None:
    torch.save({"state_dict": {"a": torch.ones(1)}, "made_by": Path}, tmp_path / "code.pth")
    with pytest.raises(WeightsError, match=r"a pathlib\.Path, and making one could run code"):
        read_state(tmp_path / "code.pth")


@pytest.mark.parametrize("content", [{}, {"state_dict": {}}, {"epoch": 3}, [torch.ones(1)], torch.ones(2)])
def test_a_file_without_the_tensors_of_a_network_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "foreign.pth")
    with pytest.raises(WeightsError, match=r"foreign\.pth does not hold the tensors"):
        read_state(tmp_path / "foreign.pth")


def test_a_damaged_download_is_to_be_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAPARI_CSUNET_CACHE", str(tmp_path))
    (tmp_path / "resnet18.pth.tar").write_bytes(b"<html>")
    with pytest.raises(WeightsError, match="Delete it, so that it is downloaded again"):
        read_state(tmp_path / "resnet18.pth.tar")
