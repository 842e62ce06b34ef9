"""What is trained: CS-UNet without its last layer, and a head for each objective."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn

from napari_csunet.config import ModelConfig, PretrainingConfig, TrainingConfig
from napari_csunet.model.csunet import CSUNet
from napari_csunet.model.weight_loading import LoadReport, load_encoder_weights
from napari_csunet.model.zoo import build_model, model_config, without_details
from napari_csunet.reports import Progress
from napari_csunet.training.pretraining.features import Widths, features_of
from napari_csunet.training.pretraining.objective import DrawnBatch, Objective
from napari_csunet.training.starting_point import fetching as fetching_weights


class PretrainingNetwork(nn.Module):
    """Called with the name of an objective and a batch of it, gives the loss."""

    def __init__(self, network: CSUNet, objectives: Iterable[Objective]) -> None:
        super().__init__()
        self.network = network
        widths = Widths.of(network)
        self.heads = nn.ModuleDict({objective.name: objective.head(widths) for objective in objectives})
        self.parts: dict[str, frozenset[str]] = {objective.name: objective.parts for objective in objectives}

    def forward(self, name: str, batch: DrawnBatch) -> Tensor:
        features = features_of(self.network, batch.images, self.parts[name])
        return cast(Tensor, self.heads[name](features, batch))


def fetching(config: PretrainingConfig) -> Generator[Progress, None, None]:
    """Downloads the weights that ``starting_network`` needs, as ``starting_point.fetching`` does."""
    yield from fetching_weights(_as_training(config), None)


def starting_network(
    config: PretrainingConfig, objectives: Iterable[Objective]
) -> tuple[PretrainingNetwork, ModelConfig, tuple[LoadReport, ...]]:
    """The preset's network for grey pictures with the weights that the configuration names, and new heads."""
    training = _as_training(config)
    described = without_details(model_config(training, in_channels=1, class_count=1))
    model: Any = build_model(described, config.seed)
    loaded = load_encoder_weights(model, described, training, accept_partial=config.accept_partial_weights)
    model.network.head = nn.Identity()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return PretrainingNetwork(model.network, tuple(objectives)), described, loaded


def _as_training(config: PretrainingConfig) -> TrainingConfig:
    """What decides the network and its weights."""
    return TrainingConfig(
        **config.model_dump(include={"preset", "cnn_encoder", "encoder_weights", "swin_weights", "seed"})
    )
