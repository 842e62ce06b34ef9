"""The parts of a network that weights are loaded into, and the same parts of a file of weights."""

from __future__ import annotations

import re
from typing import Any

from torch import nn

from napari_csunet.model.conversion_cnn import to_smp_encoder
from napari_csunet.model.conversion_swin import to_swin_encoder
from napari_csunet.model.csunet import AnySize
from napari_csunet.model.weights_reading import State
from napari_csunet.model.zoo import encoders

WHOLE_NETWORK = "network."
_PREFIXES = {
    "swin": ("network.swin_encoder.",),
    "cnn": ("network.cnn_encoder.encoder.", "network.encoder."),
    "decoder": ("network.decoder.",),
}
_PARALLEL = re.compile(r"^(features\.)?module\.")


def parts(model: AnySize) -> dict[str, nn.Module]:
    """Modules by part: "swin" and "cnn", whichever the network has, and "decoder"."""
    network: Any = model.network
    return {**encoders(model), "decoder": network.decoder}


def names_parts(state: State) -> bool:
    """Whether a file says which part each of its tensors is for, as those of this program do."""
    return any(name.startswith(WHOLE_NETWORK) for name in state)


def part_of(state: State, part: str, cnn_encoder: str) -> State:
    """One part of a file, in the names of our modules; empty if it has none.

    A file of this program holds a whole network, any other holds one encoder.
    """
    state = {_PARALLEL.sub(r"\1", name): tensor for name, tensor in state.items()}  # of torch.nn.DataParallel
    if names_parts(state):
        return {
            name.removeprefix(prefix): tensor
            for prefix in _PREFIXES[part]
            for name, tensor in state.items()
            if name.startswith(prefix)
        }
    if part == "cnn":
        return to_smp_encoder(state, cnn_encoder)
    return to_swin_encoder(state) if part == "swin" else {}
