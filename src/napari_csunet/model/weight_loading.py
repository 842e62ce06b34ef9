"""Loading weights into a network so that it tells the truth: what fits is loaded and counted, too little is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

from torch import nn

from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model.csunet import AnySize, CSUNet, SwinUNet
from napari_csunet.model.downloads import Watch
from napari_csunet.model.imagenet import SWIN, SWIN_EMBEDDING, cnn_file, fetch_from_hub
from napari_csunet.model.matching import SMALLEST_MATCH, Fit, LoadReport, compare
from napari_csunet.model.micronet import fetch_micronet
from napari_csunet.model.mirrored import mirror_into_decoder
from napari_csunet.model.network_parts import part_of, parts
from napari_csunet.model.weights import BY_PATH_ONLY, CHOICES, bundled_path, file_sha256
from napari_csunet.model.weights_reading import State, read_state

__all__ = ["SMALLEST_MATCH", "LoadReport", "fetch_encoder_weights", "load_encoder_weights"]

TIMM_PREFIX = "tu-"


def load_encoder_weights(
    model: AnySize,
    config: ModelConfig,
    training: TrainingConfig,
    *,
    accept_partial: bool = False,
    watch: Watch | None = None,
) -> tuple[LoadReport, ...]:
    """Loads what the training configuration names and reports on each part that got something.

    Files of this program fill both encoders and the decoder, others one encoder; a part that they do not fit keeps
    its random weights. If the Swin encoder was filled and the decoder was not, the decoder's Swin blocks are mirrored
    from it. Raises WeightsError and changes nothing if the weights fit no part to 95 % of its parameters, or, with
    ``accept_partial``, not at all.
    """
    modules = parts(model)
    wanted = _wanted(modules, training)
    fits = [
        fit
        for name in dict.fromkeys(wanted.values())
        for fit in _fits(name, {part: modules[part] for part in modules if wanted[part] == name}, config, watch)
    ]
    _check(fits, set(wanted.values()) - {"none"}, training, accept_partial)
    reports = [fit.load() for fit in fits if fit.is_good(accept_partial)]
    return (*reports, *_mirrored(model, {report.encoder: report for report in reports}))


def fetch_encoder_weights(config: ModelConfig, training: TrainingConfig, watch: Watch | None) -> None:
    """Downloads what ``load_encoder_weights`` will need, if it is not cached. ``downloads.following`` can watch it."""
    if config.architecture in ("csunet", "swin-unet"):
        _fetch(training.swin_weights or training.encoder_weights, "swin", config, watch)
    if config.architecture != "swin-unet" and not config.cnn_encoder.startswith(TIMM_PREFIX):
        _fetch(training.encoder_weights, "cnn", config, watch)


def _fetch(name: str, part: str, config: ModelConfig, watch: Watch | None) -> None:
    if name in CHOICES:
        _file(name, part, config, watch)


def _wanted(modules: dict[str, nn.Module], training: TrainingConfig) -> dict[str, str]:
    given = {"swin": training.swin_weights}
    return {part: given.get(part) or training.encoder_weights for part in modules}


def _fits(name: str, modules: dict[str, nn.Module], config: ModelConfig, watch: Watch | None) -> list[Fit]:
    """How well the weights of a name or path fit each module that wants them."""
    through_timm = name == "imagenet" and config.cnn_encoder.startswith(TIMM_PREFIX)
    paths = {part: _file(name, part, config, watch) for part in modules if not (through_timm and part == "cnn")}
    opened = {path: (read_state(path), file_sha256(path)) for path in set(paths.values()) if path}
    offered = {part: _part(opened[path], part, config) for part, path in paths.items() if path}
    if through_timm and "cnn" in modules:
        offered["cnn"] = _through_timm(config.cnn_encoder)
    return [compare(modules[part], state, part, name, sha256) for part, (state, sha256) in offered.items() if state]


def _part(opened: tuple[State, str], part: str, config: ModelConfig) -> tuple[State, str]:
    return part_of(opened[0], part, config.cnn_encoder), opened[1]


def _file(name: str, part: str, config: ModelConfig, watch: Watch | None) -> Path | None:
    """The file of weights by name or path, downloaded if need be; None if there is none of this name for the part."""
    if name in BY_PATH_ONLY:
        raise WeightsError(
            f"The {name} weights cannot be downloaded by a program. Get the file from its authors "
            "(docs/encoder-weights.md has the address) and give its path in place of the name."
        )
    if name == "bundled":
        return _existing_bundled()
    if name not in CHOICES:
        return Path(name).expanduser()
    if name == "none" or part == "decoder":
        return None
    if part == "swin":
        return fetch_from_hub(SWIN, watch) if name == "imagenet" and config.embedding == SWIN_EMBEDDING else None
    if name == "imagenet":
        return fetch_from_hub(cnn_file(config.cnn_encoder), watch)
    return fetch_micronet(config.cnn_encoder, name, watch)


def _existing_bundled() -> Path:
    path = bundled_path()
    if not path.is_file():
        raise WeightsError(
            f"This installation brings no weights of its own ({path} is missing). Start from none, or from imagenet."
        )
    return path


def _check(fits: list[Fit], names: set[str], training: TrainingConfig, accept_partial: bool) -> None:
    """Raises WeightsError if there is nothing under a name that any part of the network can use."""
    for name in sorted(names):
        offered = [fit for fit in fits if fit.report.source == name]
        if not offered:
            raise WeightsError(
                f"There are no {name} weights for this network (preset {training.preset}, {training.architecture}). "
                "Start from none, or use preset standard."
            )
        if not any(fit.is_good(accept_partial) for fit in offered):
            raise WeightsError(_refusal(name, [fit.report for fit in offered], training, accept_partial))


def _refusal(name: str, offered: list[LoadReport], training: TrainingConfig, accept_partial: bool) -> str:
    shares = " and ".join(f"{report.matched_share:.0%} of the {report.encoder} parameters" for report in offered)
    best = max(offered, key=lambda report: report.matched_share)
    advice = "" if accept_partial or not best.matched_share else ", or accept partial weights"
    return (
        f"The weights {name} fit only {shares} of this network (preset {training.preset}; missing, for example, "
        f"{', '.join(best.missing[:3])}). They are for another network: choose the encoder or the preset that they "
        f"were made for, or other weights{advice}."
    )


def _mirrored(model: AnySize, loaded: dict[str, LoadReport]) -> list[LoadReport]:
    network = model.network
    if not isinstance(network, CSUNet | SwinUNet) or "swin" not in loaded or "decoder" in loaded:
        return []
    return [mirror_into_decoder(network.swin_encoder, network.decoder, loaded["swin"].sha256)]


def _through_timm(encoder: str) -> tuple[State, str]:
    """ImageNet weights of a timm encoder, for which smp lets timm name the tensors, and their hash."""
    from segmentation_models_pytorch.encoders import get_encoder

    try:
        state: State = get_encoder(encoder, weights=True).state_dict()
    except (OSError, RuntimeError, KeyError) as error:
        raise WeightsError(
            f"The imagenet weights of {encoder} could not be fetched ({type(error).__name__}). Connect to the "
            "internet once, choose another CNN encoder, or start from bundled."
        ) from error
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return state, digest.hexdigest()
