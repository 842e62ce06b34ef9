"""What a fine-tuning starts from: a new network with encoder weights, or a checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from napari_csunet.checkpoint import Checkpoint, EncoderWeights, load_checkpoint
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.downloads import following
from napari_csunet.model.weight_loading import LoadReport, fetch_encoder_weights, load_encoder_weights
from napari_csunet.model.weights import bundled_path
from napari_csunet.model.weights_metadata import cnn_encoder_of
from napari_csunet.model.zoo import build_model, encoders, model_config
from napari_csunet.reports import Progress

NAMES = {"swin": "Swin encoder", "cnn": "CNN encoder"}
ALL_OF_IT = 0.995
HEADS = ("network.head.", "network.detail.out.", "network.segmentation_head.")


_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class StartingPoint:
    """A network, how it was made, and what it expects of its input; ``pixel_size`` is that of an earlier training."""

    model: AnySize
    config: ModelConfig
    encoder_weights: EncoderWeights
    normalisation: Normalisation
    pixel_size: PixelSize | None = None
    notices: tuple[str, ...] = ()


def with_weights_that_exist(config: TrainingConfig) -> TrainingConfig:
    """The configuration; one that names no weights gets what fits of those that are bundled, else none.

    They bring their CNN encoder; where another was chosen, that one starts at random and the others do not.
    """
    if "encoder_weights" in config.model_fields_set:
        return config
    if config.preset != "small" or not bundled_path().is_file():
        return config.model_copy(update={"encoder_weights": "none"})
    if config.cnn_encoder in (None, cnn_encoder_of(bundled_path())):
        return config
    return config.model_copy(update={"accept_partial_weights": True})


def starting_point(
    micrographs: Sequence[Micrograph], classes: ClassTable, config: TrainingConfig, start_from: Path | str | None
) -> StartingPoint:
    """The network of the checkpoint ``start_from``, or a new one; also sets torch's random seed."""
    torch.manual_seed(config.seed)
    if start_from is not None:
        return _continued(load_checkpoint(start_from), classes, config)
    return _new(micrographs, classes, config)


def fetching(config: TrainingConfig, start_from: Path | str | None) -> Generator[Progress, None, None]:
    """Downloads the encoder weights that a new network needs and yields how far that is, in bytes.

    Yields nothing if they are at hand. Closing it stops the download. Raises WeightsError as ``starting_point``.
    """
    if start_from is None:
        network = model_config(config, in_channels=1, class_count=1)
        yield from following(partial(fetch_encoder_weights, network, config))


def _new(micrographs: Sequence[Micrograph], classes: ClassTable, config: TrainingConfig) -> StartingPoint:
    """The preset's network with the encoder weights that the configuration names."""
    channels = max(micrograph.channels for micrograph in micrographs)
    network = model_config(config, channels, len(classes))
    model = build_model(network, config.seed)
    loaded = load_encoder_weights(model, network, config, accept_partial=config.accept_partial_weights)
    weights = EncoderWeights(
        name=config.encoder_weights,
        sha256={one.encoder: one.sha256 for one in loaded},
        sources={one.encoder: one.source for one in loaded},
    )
    notices = [_told(loaded)] if loaded else []
    for one in loaded:
        _log.info(_counted(one))
    if loaded:
        asked = {"cnn": config.encoder_weights, "swin": config.swin_weights or config.encoder_weights}
        at_random = {kind for kind in encoders(model) if asked[kind] != "none"} - {one.encoder for one in loaded}
        notices += [
            f"Nothing in these weights fits the {NAMES[kind]}: it starts at random." for kind in sorted(at_random)
        ]
    return StartingPoint(model, network, weights, Normalisation(), notices=tuple(notices))


def _told(loaded: Sequence[LoadReport]) -> str:
    """Where the network starts, for people who know no tensors; of what does not fit whole, the share that does."""
    begun = "The network goes on from what it learnt on other pictures before"
    sources = {one.source for one in loaded}
    if len(sources) == 1 and all(one.matched_share > ALL_OF_IT for one in loaded):
        return f"{begun} ({sources.pop()} weights)."
    return f"{begun}: {', '.join(map(_part_told, loaded))}."


def _part_told(report: LoadReport) -> str:
    share = "" if report.matched_share > ALL_OF_IT else f" ({report.matched_share:.0%} of it)".replace("%", " %")
    return f"the {NAMES.get(report.encoder, report.encoder)} from {report.source}{share}"


def _counted(report: LoadReport) -> str:
    """How much of a part was filled; figures that are 0 are left out."""
    part = NAMES.get(report.encoder, report.encoder)
    counts = {"start at random": report.missing, "were not needed": report.unexpected, "were adapted": report.reshaped}
    told = "".join(f", {len(names)} {what}" for what, names in counts.items() if names)
    return f"The {part} starts from {report.source}: {len(report.matched)} tensors ({report.matched_share:.0%}){told}."


def _continued(checkpoint: Checkpoint, classes: ClassTable, config: TrainingConfig) -> StartingPoint:
    """The network of a checkpoint; its last layer starts anew if it was trained for other classes."""
    provenance = checkpoint.provenance
    network = provenance.model.model_copy(update={"class_count": len(classes)})
    same_classes = provenance.classes.values == classes.values
    model = checkpoint.build_model() if same_classes else _with_new_head(checkpoint, network, config.seed)
    size = provenance.pixel_size_nm
    earlier = None if size is None else PixelSize(*size)
    return StartingPoint(model, network, provenance.encoder_weights, provenance.normalisation, earlier)


def _with_new_head(checkpoint: Checkpoint, network: ModelConfig, seed: int) -> AnySize:
    checkpoint.build_model()  # a clear error if the file does not fit its own description
    model = build_model(network, seed)
    fresh = model.state_dict()
    kept = {name: tensor for name, tensor in checkpoint.state.items() if not name.startswith(HEADS)}
    model.load_state_dict({**fresh, **kept})
    return model
