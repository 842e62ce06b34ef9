"""One safetensors file that holds a network and everything needed to use it again. Nothing in it is pickled."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import CheckpointError
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.micrographs.writing import replacing
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.zoo import build_model

FORMAT = 1
_METADATA_KEY = "napari-csunet"
_NAMES_SHOWN = 3


class EncoderWeights(BaseModel):
    """Where the network started: the name of the weights and, by part of it, what they were and their file's SHA-256.

    Parts are "swin", "cnn" and "decoder"; those that started at random are left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "none"
    sha256: dict[str, str] = {}
    sources: dict[str, str] = {}


class Provenance(BaseModel):
    """Everything that a checkpoint says about itself beside its tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    format: int = FORMAT
    model: ModelConfig
    classes: ClassTable
    normalisation: Normalisation = Normalisation()
    training: TrainingConfig
    pixel_size_nm: tuple[float, float] | None = Field(None, description="Height and width of a pixel in training.")
    reduction: int = Field(
        1, ge=1, description="Working scale: side of the block of pixels that the network sees as one."
    )
    encoder_weights: EncoderWeights = EncoderWeights()
    versions: dict[str, str] = {}
    created: str = ""
    label_sha256: dict[str, str] = {}
    history: tuple[dict[str, float], ...] = ()
    metrics: dict[str, Any] = {}


class Checkpoint:
    """A provenance and the tensors of the network, on the CPU."""

    def __init__(self, provenance: Provenance, state: dict[str, Tensor], path: Path | None = None) -> None:
        self.provenance = provenance
        self.state = state
        self.path = path

    @property
    def classes(self) -> ClassTable:
        return self.provenance.classes

    def build_model(self) -> AnySize:
        """The network with its weights, in evaluation mode. Raises CheckpointError with the tensors that do not fit."""
        model = build_model(self.provenance.model)
        _check_tensors(model.state_dict(), self.state, self.path)
        model.load_state_dict(self.state)
        return model.eval()

    def save(self, path: Path | str, *, overwrite: bool = False) -> Path:
        """Writes the file whole or not at all: an older file survives if this fails."""
        from safetensors.torch import save

        metadata = {_METADATA_KEY: self.provenance.model_dump_json()}
        tensors = {name: tensor.contiguous() for name, tensor in self.state.items()}
        with replacing(Path(path), overwrite=overwrite) as temporary:
            temporary.write_bytes(save(tensors, metadata))
        return Path(path)


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Reads a checkpoint. Raises CheckpointError if the file is absent, foreign, damaged or from a newer version."""
    path = Path(path)
    provenance = read_provenance(path)
    from safetensors.torch import load_file

    return Checkpoint(provenance, load_file(str(path)), path)


def read_provenance(path: Path | str) -> Provenance:
    """What a checkpoint says about itself, without its tensors. Raises CheckpointError as ``load_checkpoint``."""
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint at {path}. Check the name, or fine-tune first.")
    try:
        with safe_open(str(path), "pt") as file:
            text = (file.metadata() or {}).get(_METADATA_KEY)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is damaged or not a checkpoint ({error}). Choose a file made by fine-tuning."
        ) from error
    if text is None:
        raise CheckpointError(f"{path} was not made by this program. Choose a file made by fine-tuning.")
    return _parsed(text, path)


def _parsed(text: str, path: Path) -> Provenance:
    try:
        raw = json.loads(text)
        version = raw.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise CheckpointError(
                f"{path} was made by a newer version of napari-csunet (format {version}). Update this program."
            )
        return Provenance.model_validate(raw)
    except ValidationError as error:
        raise CheckpointError(
            f"{path} was made by napari-csunet {raw.get('versions', {}).get('napari-csunet', 'of an unknown version')} "
            "and cannot be read by this one. Update this program, or choose another checkpoint."
        ) from error
    except (json.JSONDecodeError, AttributeError) as error:
        raise CheckpointError(f"What {path} says about itself is damaged. Choose another checkpoint.") from error


def _check_tensors(expected: dict[str, Tensor], found: dict[str, Tensor], path: Path | None) -> None:
    problems = {
        "missing": sorted(expected.keys() - found.keys()),
        "unexpected": sorted(found.keys() - expected.keys()),
        "of another shape": sorted(n for n in expected.keys() & found.keys() if expected[n].shape != found[n].shape),
    }
    told = [f"{len(names)} {what} ({_shortened(names)})" for what, names in problems.items() if names]
    if told:
        raise CheckpointError(
            f"The tensors in {path or 'the checkpoint'} do not fit its network: {', '.join(told)}. Fine-tune again."
        )


def _shortened(names: list[str]) -> str:
    return ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")


def versions() -> dict[str, str]:
    """Versions of what decides a result."""
    from importlib.metadata import version

    parts = ("napari-csunet", "torch", "timm", "segmentation-models-pytorch", "numpy")
    return {part: version(part) for part in parts}


def array_sha256(array: npt.NDArray[np.generic]) -> str:
    """SHA-256 of an array's shape, type and content."""
    digest = hashlib.sha256(f"{array.shape} {array.dtype.str}".encode())
    digest.update(array.tobytes())
    return digest.hexdigest()


def copied_state(model: torch.nn.Module) -> dict[str, Tensor]:
    """Tensors of a network, copied to the CPU."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in model.state_dict().items()}
