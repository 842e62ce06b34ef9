"""Loading weights into a network so that it tells the truth: what fits is loaded and counted, too little is refused."""

from __future__ import annotations

from dataclasses import replace
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
from napari_csunet.model.network_parts import names_parts, part_of, parts
from napari_csunet.model.timm_weights import TIMM_PREFIX, fetch_timm, in_smp_names
from napari_csunet.model.weights import BY_PATH_ONLY, CHOICES, bundled_path, file_sha256
from napari_csunet.model.weights_reading import State, read_state

__all__ = ["SMALLEST_MATCH", "LoadReport", "fetch_encoder_weights", "load_encoder_weights"]

HOW_TO_ACCEPT = '--accept-partial-weights, in the window "Partial weights" under "more"'


def load_encoder_weights(
    model: AnySize,
    config: ModelConfig,
    training: TrainingConfig,
    *,
    accept_partial: bool = False,
    watch: Watch | None = None,
) -> tuple[LoadReport, ...]:
    """Loads what the training configuration names and reports on each part that got something.

    Files of this program fill both encoders and the decoder, others one encoder and leave the other at random. If the
    Swin encoder was filled and the decoder was not, the decoder's Swin blocks are mirrored from it. Raises WeightsError
    and changes nothing if the weights fit less than 95 % of the parameters of an encoder that they are for, or no part
    at all; with ``accept_partial`` only the latter.
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
    if config.architecture != "swin-unet":
        _fetch(training.encoder_weights, "cnn", config, watch)


def _fetch(name: str, part: str, config: ModelConfig, watch: Watch | None) -> None:
    if name in CHOICES:
        _file(name, part, config, watch)


def _wanted(modules: dict[str, nn.Module], training: TrainingConfig) -> dict[str, str]:
    given = {"swin": training.swin_weights}
    return {part: given.get(part) or training.encoder_weights for part in modules}


def _fits(name: str, modules: dict[str, nn.Module], config: ModelConfig, watch: Watch | None) -> list[Fit]:
    """How well the weights of a name or path fit each module that wants them."""
    paths = {part: path for part in modules if (path := _file(name, part, config, watch))}
    opened = {path: (read_state(path), file_sha256(path)) for path in set(paths.values())}
    fits = []
    for part, path in paths.items():
        whole, sha256 = opened[path]
        if state := _of_part(whole, name, part, config):
            fit = compare(modules[part], state, part, name, sha256)
            fits.append(replace(fit, is_named=names_parts(whole)))
    return fits


def _of_part(state: State, name: str, part: str, config: ModelConfig) -> State:
    through_timm = (name, part) == ("imagenet", "cnn") and config.cnn_encoder.startswith(TIMM_PREFIX)
    return in_smp_names(state, config.cnn_encoder) if through_timm else part_of(state, part, config.cnn_encoder)


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
    if name == "imagenet" and config.cnn_encoder.startswith(TIMM_PREFIX):
        return fetch_timm(config.cnn_encoder, watch)
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
    """Raises WeightsError if what is under a name does not fit an encoder that it is for, or nothing at all."""
    for name in sorted(names):
        offered = [fit for fit in fits if fit.report.source == name]
        if not offered:
            raise WeightsError(
                f"There are no {name} weights for this network (preset {training.preset}, {training.architecture}). "
                "Start from none, or use preset standard."
            )
        nothing_fits = not any(fit.is_good(accept_partial) for fit in offered)
        misfits = [fit for fit in offered if nothing_fits or fit.is_misfit(accept_partial)]
        if misfits:
            raise WeightsError(_refusal(name, [fit.report for fit in misfits], training, nothing_fits))


def _refusal(name: str, misfits: list[LoadReport], training: TrainingConfig, nothing_fits: bool) -> str:
    shares = " and ".join(f"{report.matched_share:.0%} of the {report.encoder} parameters" for report in misfits)
    best = max(misfits, key=lambda report: report.matched_share)
    advice = "" if nothing_fits and not best.matched_share else f", or take what fits ({HOW_TO_ACCEPT})"
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
