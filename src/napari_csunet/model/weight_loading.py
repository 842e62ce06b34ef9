"""Loading encoder weights so that it tells the truth: what fits is loaded and counted, too little is refused."""

from __future__ import annotations

import hashlib
import pickle
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.weights import CHOICES, fetch_micronet, file_sha256
from napari_csunet.model.zoo import encoders

SMALLEST_MATCH = 0.95
TIMM_SWIN = "swin_tiny_patch4_window7_224.ms_in1k"
TIMM_SWIN_EMBEDDING = 96

State = dict[str, Tensor]


@dataclass(frozen=True)
class LoadReport:
    """What became of one encoder's tensors; ``matched_share`` is the share of its parameters that were loaded."""

    encoder: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[str, ...]
    matched_share: float
    sha256: str


def load_encoder_weights(model: AnySize, config: ModelConfig, training: TrainingConfig) -> tuple[LoadReport, ...]:
    """Loads what the training configuration names into each encoder of a network and reports on each.

    An encoder for which the named weights do not exist keeps its random ones; if that is so for all, or a file fits
    less than 95 % of an encoder's parameters, WeightsError says what to do.
    """
    reports = []
    wanted = {kind: _wanted(kind, training) for kind in encoders(model)}
    for kind, encoder in encoders(model).items():
        found = _fetch(kind, wanted[kind], config)
        if found is not None:
            state, sha256 = found
            reports.append(load_matching(encoder, state, kind, sha256))
    if not reports and set(wanted.values()) != {"none"}:
        raise WeightsError(
            f"There are no {training.encoder_weights} weights for preset {training.preset}. "
            "Start from none, or use preset standard."
        )
    return tuple(reports)


def load_matching(encoder: nn.Module, state: State, kind: str, sha256: str) -> LoadReport:
    """Loads the tensors whose names and shapes fit; raises WeightsError and loads nothing if too few do."""
    own = encoder.state_dict()
    state, reshaped = _fitted(state, own)
    matched = {name: tensor for name, tensor in state.items() if name in own and own[name].shape == tensor.shape}
    parameters = {name: parameter.numel() for name, parameter in encoder.named_parameters() if ".fc3." not in name}
    share = sum(size for name, size in parameters.items() if name in matched) / sum(parameters.values())
    report = LoadReport(
        kind,
        tuple(sorted(matched)),
        tuple(sorted(own.keys() - matched.keys())),
        tuple(sorted(state.keys() - matched.keys())),
        reshaped,
        share,
        sha256,
    )
    if share < SMALLEST_MATCH:
        raise WeightsError(
            f"The weights fit only {share:.0%} of the {kind} encoder's parameters (missing, for example, "
            f"{', '.join(report.missing[:3])}). They are for another encoder: choose the one they were made for."
        )
    encoder.load_state_dict({**own, **matched})
    return report


def read_state(path: Path) -> State:
    """Tensors of a safetensors or PyTorch file, without running any code in it."""
    if not path.is_file():
        raise WeightsError(f"There are no weights at {path}. Give a file, or one of {', '.join(CHOICES)}.")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(str(path))
        with warnings.catch_warnings(action="ignore"):  # what cannot be read is an error below
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path} cannot be opened as weights: it is damaged, or holds more than tensors.") from error
    except Exception as error:  # safetensors raises an error class of its own
        if type(error).__name__ == "SafetensorError":
            raise WeightsError(f"{path} cannot be opened as weights: it is damaged.") from error
        raise
    for key in ("state_dict", "model"):
        content = content.get(key, content) if isinstance(content, dict) else content
    if not isinstance(content, dict) or not all(isinstance(tensor, Tensor) for tensor in content.values()):
        raise WeightsError(f"{path} does not hold the tensors of a network. Choose another file.")
    return content


def swin_from_timm(state: State) -> State:
    """Names of timm's Swin Transformer, where a stage begins with its downsampling, to those of ``SwinEncoder``."""
    renamed = {}
    for name, tensor in state.items():
        name = re.sub(r"^patch_embed\.proj\.", "patch_embedding.", name)
        name = re.sub(r"^patch_embed\.norm\.", "patch_norm.", name)
        name = re.sub(r"^layers\.(\d)\.downsample\.", lambda match: f"merging.{int(match[1]) - 1}.", name)
        name = re.sub(r"^layers\.(\d)\.blocks\.", r"stages.\1.", name)
        renamed[name] = tensor
    return renamed


def _wanted(kind: str, training: TrainingConfig) -> str:
    given = training.swin_weights if kind == "swin" else None
    return given or training.encoder_weights


def _fetch(kind: str, name: str, config: ModelConfig) -> tuple[State, str] | None:
    """Tensors by the names of our encoder, and their hash; None if there are none of this name for the encoder."""
    if name == "none":
        return None
    if name == "bundled":
        raise WeightsError("This version brings no weights of its own. Start from none, or from one of the others.")
    if name not in CHOICES:
        path = Path(name).expanduser()
        return _of_kind(read_state(path), kind), file_sha256(path)
    if kind == "swin":
        return _timm_swin() if name == "imagenet" and config.embedding == TIMM_SWIN_EMBEDDING else None
    if name == "imagenet":
        return _smp_imagenet(config.cnn_encoder)
    path = fetch_micronet(config.cnn_encoder, name)
    return _of_kind(read_state(path), kind), file_sha256(path)


def _of_kind(state: State, kind: str) -> State:
    """One encoder's tensors from a file that may hold a whole network or wrap its names."""
    state = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    prefix = {"swin": "network.swin_encoder.", "cnn": "network.cnn_encoder.encoder."}[kind]
    inside = {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
    state = inside or state
    return swin_from_timm(state) if kind == "swin" else state


def _timm_swin() -> tuple[State, str]:
    import timm

    try:
        state = timm.create_model(TIMM_SWIN, pretrained=True).state_dict()
    except (OSError, RuntimeError) as error:
        raise _unreachable(TIMM_SWIN, error) from error
    return swin_from_timm(state), _state_sha256(state)


def _smp_imagenet(encoder: str) -> tuple[State, str]:
    from segmentation_models_pytorch.encoders import get_encoder

    try:
        state: State = get_encoder(encoder, weights="imagenet").state_dict()
    except (OSError, RuntimeError, KeyError) as error:
        raise _unreachable(encoder, error) from error
    return state, _state_sha256(state)


def _unreachable(name: str, error: Exception) -> WeightsError:
    return WeightsError(
        f"The ImageNet weights of {name} could not be fetched ({type(error).__name__}). Connect to the internet once, "
        "copy the hub cache of another computer, or start from none."
    )


def _state_sha256(state: State) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _fitted(state: State, own: State) -> tuple[State, tuple[str, ...]]:
    """Input layers adapted to another number of channels and position tables to another window; and their names."""
    fitted, reshaped = {}, []
    for name, tensor in state.items():
        target = own.get(name)
        adapted = tensor if target is None or target.shape == tensor.shape else _adapted(name, tensor, target)
        if adapted is not tensor:
            reshaped.append(name)
        fitted[name] = adapted
    return fitted, tuple(reshaped)


def _adapted(name: str, tensor: Tensor, target: Tensor) -> Tensor:
    if name.endswith("relative_position_bias_table") and tensor.shape[1] == target.shape[1]:
        from timm.layers.pos_embed_rel import resize_rel_pos_bias_table

        side = round((target.shape[0] ** 0.5 + 1) / 2)
        resized: Tensor = resize_rel_pos_bias_table(tensor, (side, side), tuple(target.shape))
        return resized
    is_stem = tensor.ndim == 4 and tensor.shape[1] in (1, 3) and tensor[:, 0].shape == target[:, 0].shape
    if not is_stem:
        return tensor
    present, wanted = tensor.shape[1], target.shape[1]  # the response to a grey picture stays the same
    return tensor.mean(dim=1, keepdim=True).repeat(1, wanted, 1, 1) * (present / wanted)
