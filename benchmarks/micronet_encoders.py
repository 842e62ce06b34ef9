"""Do the networks that MicroNet was trained with have the tensors of the installed smp's encoders? One table.

NASA's pretraining script builds torchvision's networks, else pretrainedmodels', else efficientnet-pytorch's. Put the
last two on the path and run this again after an update of segmentation-models-pytorch:

    pip install --target originals --no-deps pretrainedmodels==0.7.4 efficientnet-pytorch==0.7.1 six munch
    PYTHONPATH=originals python benchmarks/micronet_encoders.py            prints the table of docs/encoder-weights.md
    PYTHONPATH=originals python benchmarks/micronet_encoders.py --write    and what tests/model compares with
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from napari_csunet.model.cnn_encoder import build_encoder
from napari_csunet.model.matching import matched_share
from napari_csunet.model.micronet import MILLION_VALUES, micronet_encoders

FINGERPRINTS = Path(__file__).parents[1] / "tests" / "model" / "micronet_originals.json"
CLASSIFIERS = ("classifier.", "fc.", "last_linear.", "_fc.")


def original(name: str) -> tuple[str, dict[str, Tensor]]:
    """Library and tensors, without content, of the network as NASA's script built it."""
    import torchvision.models

    with torch.device("meta"):
        if name.startswith("efficientnet"):
            network = importlib.import_module("efficientnet_pytorch").EfficientNet.from_name(name)
            return "efficientnet-pytorch 0.7.1", network.state_dict()
        if hasattr(torchvision.models, name):
            return "torchvision", getattr(torchvision.models, name)(weights=None).state_dict()
        network = getattr(importlib.import_module("pretrainedmodels"), name)(pretrained=None)
        return "pretrainedmodels 0.7.4", network.state_dict()


def fingerprint(state: dict[str, Tensor]) -> str:
    """SHA-256 of the names and shapes of a network's tensors, in order, without its classifier."""
    lines = (f"{name} {list(tensor.shape)}" for name, tensor in state.items() if not name.startswith(CLASSIFIERS))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def compared(name: str) -> dict[str, Any]:
    """One row: where the original is from, how much of it smp's encoder takes, and its fingerprint."""
    library, state = original(name)
    with torch.device("meta"):
        encoder = build_encoder(name, 3)
    own = encoder.state_dict()
    matched = {key: tensor for key, tensor in state.items() if key in own and own[key].shape == tensor.shape}
    left_over = {key: list(state[key].shape) for key in state.keys() - own.keys()}
    return {
        "library": library,
        "tensors": len(own),
        "matched": matched_share(encoder, matched, state),
        "in_order": fingerprint(state) == fingerprint(own),
        "classifier": dict(sorted(left_over.items())),
        "sha256": fingerprint(state),
    }


def main() -> None:
    rows = {name: compared(name) for name in MILLION_VALUES}
    from_scratch = micronet_encoders("micronet")
    print("| encoder | trained as | tensors in smp's encoder | matched | left over | micronet | imagenet-micronet |")
    print("|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        only = ", ".join(sorted({key.rpartition(".")[0] for key in row["classifier"]}))
        has = "yes" if name in from_scratch else "–"
        print(f"| {name} | {row['library']} | {row['tensors']} | {row['matched']:.0%} | {only} | {has} | yes |")
    if "--write" in sys.argv:
        kept = {name: {key: row[key] for key in ("library", "classifier", "sha256")} for name, row in rows.items()}
        FINGERPRINTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
