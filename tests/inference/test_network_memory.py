"""What a network said of slices: read once, asked once, and forgotten with its file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import CheckpointError
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.suggesting.network_memory import NetworkMemory
from napari_csunet.inference.suggesting.slice_cells import SliceCells
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.model.zoo import build_model

CLASSES = ClassTable.parse("1=dark,2=bright")
TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, heads=(1, 2, 2, 4), window=4, class_count=2)
CELLS = SliceCells(torch.zeros(3, 8, 8).half(), 8, (64, 64))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    provenance = Provenance(model=TINY, classes=CLASSES, training=TrainingConfig())
    return Checkpoint(provenance, copied_state(build_model(TINY))).save(tmp_path / "alloy.safetensors")


def test_a_slice_is_asked_about_once_until_it_or_the_file_is_another(path: Path) -> None:
    memory, pixels = NetworkMemory("cpu"), np.random.default_rng(0).random((64, 64), np.float32)
    one = LabelledMicrograph("alloy", pixels, lambda: Micrograph.from_array(pixels, "alloy"), None)

    def steps() -> int:
        *before, last = memory.ask(memory.load(path, CLASSES), one, 0, CELLS, views=False)
        assert last is not None
        assert last.shape == (2, 8, 8)
        return len(before)

    assert (steps() > 0, steps()) == (True, 0)
    os.utime(path, (1, 1))
    assert steps() > 0
    memory.forget_all_but(set())
    assert steps() > 0


def test_one_that_knows_other_classes_is_not_asked(path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"alloy.safetensors was not asked: .* \(dark, bright\)"):
        NetworkMemory("cpu").load(path, ClassTable.parse("1=dark,3=grey"))
