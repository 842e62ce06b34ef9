"""What a fine-tuning starts from: a new network with encoder weights, or a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from napari_csunet.checkpoint import Checkpoint, EncoderWeights, load_checkpoint
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.weight_loading import LoadReport, load_encoder_weights
from napari_csunet.model.zoo import build_model, encoders, model_config

HEADS = ("network.head.", "network.segmentation_head.")


@dataclass(frozen=True, eq=False)
class StartingPoint:
    """A network, how it was made, and what it expects of its input."""

    model: AnySize
    config: ModelConfig
    encoder_weights: EncoderWeights
    normalisation: Normalisation
    notices: tuple[str, ...] = ()


def starting_point(
    micrographs: Sequence[Micrograph], classes: ClassTable, config: TrainingConfig, start_from: Path | str | None
) -> StartingPoint:
    """The network of the checkpoint ``start_from``, or a new one; also sets torch's random seed."""
    torch.manual_seed(config.seed)
    if start_from is not None:
        return _continued(load_checkpoint(start_from), classes, config)
    return _new(micrographs, classes, config)


def _new(micrographs: Sequence[Micrograph], classes: ClassTable, config: TrainingConfig) -> StartingPoint:
    """The preset's network with the encoder weights that the configuration names."""
    channels = max(micrograph.channels for micrograph in micrographs)
    network = model_config(config, channels, len(classes))
    model = build_model(network, config.seed)
    loaded = load_encoder_weights(model, network, config)
    weights = EncoderWeights(name=config.encoder_weights, sha256={one.encoder: one.sha256 for one in loaded})
    notices = [_told(one) for one in loaded]
    if loaded:
        at_random = encoders(model).keys() - {one.encoder for one in loaded}
        notices += [f"{kind} encoder: these weights do not exist for it; it starts at random." for kind in at_random]
    return StartingPoint(model, network, weights, Normalisation(), tuple(notices))


def _told(report: LoadReport) -> str:
    return (
        f"{report.encoder} encoder: {report.matched_share:.0%} of its parameters loaded, {len(report.missing)} tensors "
        f"start at random, {len(report.unexpected)} were not needed, {len(report.reshaped)} were reshaped."
    )


def _continued(checkpoint: Checkpoint, classes: ClassTable, config: TrainingConfig) -> StartingPoint:
    """The network of a checkpoint; its last layer starts anew if it was trained for other classes."""
    provenance = checkpoint.provenance
    network = provenance.model.model_copy(update={"class_count": len(classes)})
    same_classes = provenance.classes.values == classes.values
    model = checkpoint.build_model() if same_classes else _with_new_head(checkpoint, network, config.seed)
    return StartingPoint(model, network, provenance.encoder_weights, provenance.normalisation)


def _with_new_head(checkpoint: Checkpoint, network: ModelConfig, seed: int) -> AnySize:
    checkpoint.build_model()  # a clear error if the file does not fit its own description
    model = build_model(network, seed)
    fresh = model.state_dict()
    kept = {name: tensor for name, tensor in checkpoint.state.items() if not name.startswith(HEADS)}
    model.load_state_dict({**fresh, **kept})
    return model
