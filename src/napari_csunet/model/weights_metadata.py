"""What a safetensors file made by this program says about itself, without loading torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError, safe_open

from napari_csunet.errors import WeightsError

METADATA_KEY = "napari-csunet-weights"
CHECKPOINT_KEY = "napari-csunet"


def weights_metadata(path: Path) -> dict[str, Any]:
    """How weights of this program were made; empty for others. Raises WeightsError if the file is damaged."""
    return _read(path).get(METADATA_KEY, {})


def cnn_encoder_of(path: Path) -> str | None:
    """The CNN encoder of weights or of a checkpoint of this program, None for other files."""
    found = _read(path)
    network = (found.get(METADATA_KEY) or found.get(CHECKPOINT_KEY) or {}).get("model", {})
    return cast("str | None", network.get("cnn_encoder"))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        with safe_open(str(path), "np") as file:
            texts = file.metadata() or {}
        return {key: json.loads(texts[key]) for key in (METADATA_KEY, CHECKPOINT_KEY) if key in texts}
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            f"{path} cannot be opened as weights: it is damaged ({error}). Choose another file, or one of the weights "
            "by name."
        ) from error
