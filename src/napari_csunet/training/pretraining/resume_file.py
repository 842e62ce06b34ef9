"""The file from which a killed pretraining goes on: ``<out>.resume`` beside the weights."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from napari_csunet.errors import CheckpointError
from napari_csunet.micrographs.replacing import replacing

FORMAT = 1


def resume_path(out: Path) -> Path:
    """Where the state of the pretraining that writes ``out`` is kept."""
    return out.with_name(f"{out.name}.resume")


def write_state(out: Path, identity: dict[str, Any], state: dict[str, Any]) -> None:
    """Writes whole or not at all; ``identity`` is what must be the same in the run that goes on."""
    with replacing(resume_path(out), overwrite=True) as temporary:
        torch.save({"format": FORMAT, "identity": json.dumps(identity), **state}, temporary)


def read_state(out: Path, identity: dict[str, Any]) -> dict[str, Any]:
    """State to go on from. Raises CheckpointError if it is damaged, or names every setting that differs."""
    path = resume_path(out)
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        then = json.loads(state["identity"])
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise CheckpointError(
            f"{path} is damaged or not a state to go on from. Start anew with --overwrite."
        ) from error
    if state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is from another version of this program. Start anew with --overwrite.")
    different = _differences(_flat(then), _flat(json.loads(json.dumps(identity))))
    if different:
        raise CheckpointError(
            f"{path} was made with other settings: {'; '.join(different)}. Use the same ones, or start anew with "
            "--overwrite."
        )
    return state


def _flat(nested: Any, name: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} as {"a.b": 1}."""
    if not isinstance(nested, dict):
        return {name: nested}
    return {key: value for k, v in nested.items() for key, value in _flat(v, f"{name}.{k}" if name else k).items()}


def _differences(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    names = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    return [f"{name} was {_short(then.get(name))}, is now {_short(now.get(name))}" for name in names]


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
