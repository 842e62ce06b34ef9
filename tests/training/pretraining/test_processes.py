"""Several processes under torchrun: other data for each, the same network in all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from napari_csunet.config import TrainingConfig
from napari_csunet.model.weight_loading import load_encoder_weights
from napari_csunet.model.zoo import build_model, model_config

QUICK = ("--steps", "2", "--batch-size", "1", "--patch-size", "64")

PROGRAM = """
import sys, torch
from napari_csunet.config import PretrainingConfig
from napari_csunet.device import MemorySettings
from napari_csunet.model import zoo
from napari_csunet.training.pretraining import Recipe, Synthetic
from napari_csunet.training.pretraining.network import starting_network
from napari_csunet.training.pretraining.processes import rank
from napari_csunet.training.pretraining.step_random import StepRandom
from napari_csunet.training.pretraining.trainer import Trainer

zoo.PRESETS["small"] = {"cnn_encoder": "mobilenet_v2", "embedding": 8, "depths": (1, 1, 1, 1), "heads": (1, 2, 2, 4)}
cpu = torch.device("cpu")
config, recipe = PretrainingConfig(steps=3), Recipe({Synthetic(): 1.0})
network = starting_network(config, recipe.objectives.values())[0]
trainer = Trainer(network, recipe, config, MemorySettings(1, 64, "float32", cpu))
losses = [trainer.step(step, step / 3)[0] for step in range(3)]
seen = {"parameters": dict(network.named_parameters()), "losses": losses, "images": trainer.images}
torch.save(seen, f"{sys.argv[1]}/{rank()}.pt")
"""


@pytest.mark.slow
def test_two_processes_see_other_pictures_and_keep_one_network(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*torchrun, str(program), str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(first["parameters"][name], second["parameters"][name]) for name in first["parameters"])
    assert first["losses"] != second["losses"]
    assert first["images"] == second["images"] == 6


@pytest.mark.slow
def test_the_command_works_under_torchrun_and_the_first_process_alone_prints(tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command = [*torchrun, "-m", "napari_csunet.cli", "pretrain", "synthetic", "--out", str(out), "--device", "cpu"]
    done = subprocess.run([*command, *QUICK, "--json"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert (told["steps"], told["processes"], told["images"]) == (2, 2, 4)
    training = TrainingConfig(encoder_weights=str(out))
    network = model_config(training, in_channels=1, class_count=2)
    loaded = load_encoder_weights(build_model(network), network, training)
    assert {one.encoder: one.matched_share for one in loaded} == {"swin": 1, "cnn": 1, "decoder": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]
