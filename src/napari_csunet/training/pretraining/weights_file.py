"""The weights that a pretraining makes: one safetensors file in half precision that says how it was made."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from napari_csunet.micrographs.replacing import replacing
from napari_csunet.model.csunet import CSUNet
from napari_csunet.model.weights_metadata import METADATA_KEY
from napari_csunet.training.pretraining.features import features_of
from napari_csunet.training.pretraining.objective import Judged
from napari_csunet.training.pretraining.recipe import Recipe
from napari_csunet.training.pretraining.step_random import StepRandom

LICENCE = "BSD-3-Clause"
CALIBRATION_BATCHES = 12
CALIBRATION_STREAM = 0xCA11B
PREFIXES = {"swin": "swin_encoder.", "cnn": "cnn_encoder.", "decoder": "decoder."}


def write_weights(path: Path, network: CSUNet, parts: frozenset[str], metadata: dict[str, Any]) -> None:
    """Writes the trained parts under the names they have in a whole model, so that encoder weights load by path."""
    from safetensors.torch import save

    wanted = tuple(PREFIXES[part] for part in sorted(parts))
    tensors = {
        f"network.{name}": _halved(tensor) for name, tensor in network.state_dict().items() if name.startswith(wanted)
    }
    with replacing(path, overwrite=True) as temporary:
        temporary.write_bytes(save(tensors, {METADATA_KEY: json.dumps(metadata)}))


@torch.no_grad()
def calibrated(network: CSUNet, recipe: Recipe, seed: int, batch_size: int, side: int) -> CSUNet:
    """A copy whose batch normalisation has the statistics of undamaged pictures under the averaged weights.

    Hidden blocks shift the statistics that training collects, and averaged weights never saw them (Izmailov et al.
    2018, arXiv 1803.05407, section 3.2).
    """
    network = deepcopy(network).eval()
    layers = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over batches
        layer.train()
    device = next(network.parameters()).device
    for i in range(CALIBRATION_BATCHES if layers else 0):
        random = StepRandom.of(seed, CALIBRATION_STREAM, i, device)
        batch = recipe.chosen(seed, i).draw(batch_size, side, random)
        features_of(network, batch.clean, recipe.parts)
    return network


@torch.no_grad()
def scores(network: CSUNet, heads: nn.ModuleDict, recipe: Recipe, side: int, *, quick: bool) -> dict[str, float]:
    """What the objectives that hold something out say of a network; ``quick``: judged by a part of it."""
    device = next(network.parameters()).device
    judged = [objective for objective in recipe.objectives.values() if isinstance(objective, Judged)]
    return {
        name: value
        for objective in judged
        for name, value in objective.scores(
            lambda images: features_of(network.eval(), images.to(device), recipe.parts),
            heads[objective.name],
            side,
            quick=quick,
        ).items()
    }


def _halved(tensor: Tensor) -> Tensor:
    """In half precision, unless a value is beyond its range: what a batch normalisation has seen can be."""
    tensor = tensor.detach().cpu().contiguous()
    fits = tensor.is_floating_point() and not (tensor.abs() > torch.finfo(torch.float16).max).any()
    return tensor.half() if fits else tensor
