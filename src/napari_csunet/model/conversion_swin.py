"""Swin Transformer weights in other programs' names, brought to the names of ``SwinEncoder``."""

from __future__ import annotations

import re

from napari_csunet.model.weights_reading import State

DERIVED = ("relative_position_index", "attn_mask")
"""Buffers that official files hold and that follow from the window."""


def to_swin_encoder(state: State) -> State:
    """Names of an official Swin checkpoint (Liu et al. 2021) or of timm's; others are left as they are.

    The official ``layers.i.downsample`` stands at the end of stage i, timm's at the start: its stage 0 has none.
    """
    is_official = any(name.startswith("layers.0.downsample.") for name in state)
    offset = 0 if is_official else -1
    return {_renamed(name, offset): tensor for name, tensor in state.items() if not name.endswith(DERIVED)}


def _renamed(name: str, offset: int) -> str:
    name = re.sub(r"^patch_embed\.proj\.", "patch_embedding.", name)
    name = re.sub(r"^patch_embed\.norm\.", "patch_norm.", name)
    name = re.sub(r"^layers\.(\d+)\.downsample\.", lambda found: f"merging.{int(found[1]) + offset}.", name)
    return re.sub(r"^layers\.(\d+)\.blocks\.", r"stages.\1.", name)
