"""Reading files of weights without running any code that is in them."""

from __future__ import annotations

import pickle
import re
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from napari_csunet.errors import WeightsError
from napari_csunet.model.weights import CHOICES, cache_folder

State = dict[str, Tensor]

_INERT: list[Any] = [(OrderedDict, "yacs.config.CfgNode")]
"""What official Swin training files hold beside tensors: settings, read as a plain dictionary, not as their class."""


def read_state(path: Path) -> State:
    """Tensors of a safetensors or PyTorch file by name. Raises WeightsError with the reason if that cannot be done."""
    if not path.is_file():
        raise WeightsError(f"There are no weights at {path}. Give a file, or one of {', '.join(CHOICES)}.")
    content = _unwrapped(load_safe(path) if path.suffix == ".safetensors" else _load_pickled(path))
    if not isinstance(content, dict) or not content or not all(isinstance(one, Tensor) for one in content.values()):
        raise WeightsError(f"{path} does not hold the tensors of a network. {_remedy(path)}")
    return {str(name): tensor for name, tensor in content.items()}


def load_safe(path: Path) -> State:
    """Tensors of a safetensors file."""
    try:
        return load_file(str(path))
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} cannot be opened as weights: it is damaged ({error}). {_remedy(path)}") from error


def _load_pickled(path: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(_INERT):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(f"{path} cannot be opened as weights: {_reason(error)}. {_remedy(path)}") from error
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"{path} cannot be opened as weights: it is damaged, or something else. {_remedy(path)}"
        ) from error


def _reason(error: pickle.UnpicklingError) -> str:
    """What the file holds that only running its code could make; torch names it in a long text."""
    foreign = re.search(r"GLOBAL (\S+) was not an allowed global", str(error))
    if foreign is None:
        return "it is damaged, or something else"
    return f"it holds more than tensors, a {foreign[1]}, and making one could run code that came with the file"


def _unwrapped(content: Any) -> Any:
    """Training programs put the tensors under a name, beside the state of the optimiser."""
    for key in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    return content


def _remedy(path: Path) -> str:
    if path.parent == cache_folder():
        return "Delete it, so that it is downloaded again."
    return "Choose another file, or one of the weights by name."
