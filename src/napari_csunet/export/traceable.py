"""A network in the form in which its graph can be written down: right at every size, with no choice left to Python."""

from __future__ import annotations

from types import MethodType
from typing import Any, cast

import torch
from timm.models.swin_transformer import window_partition
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.model.csunet import STRIDE, AnySize
from napari_csunet.model.swin_encoder import SwinBlock

SMALLEST_SIDE = STRIDE
"""Shorter pictures cannot be mirrored to a multiple of the stride."""
_MASKED = -100.0


class Traceable(nn.Module):
    """Picture (b, channels, h, w), from 32 × 32 pixels, to probability (b, classes, h, w).

    Takes the network of ``model`` over, which is of no other use afterwards. ``AnySize`` and ``SwinBlock`` decide in
    Python whether to pad and to mask, and keep masks; here both are computed from the size of each picture.
    """

    def __init__(self, model: AnySize) -> None:
        super().__init__()
        self.network = model.network.eval()
        for module in self.network.modules():
            if isinstance(module, SwinBlock):
                vars(module)["_mask"] = MethodType(_mask, module)
                module.attn.fused_attn = False

    def forward(self, image: Tensor) -> Tensor:
        h, w = image.shape[-2:]
        padded = functional.pad(image, (0, -w % STRIDE, 0, -h % STRIDE), mode="reflect")
        return cast(Tensor, self.network(padded)[..., :h, :w].softmax(dim=1))


def _mask(block: SwinBlock, h: Any, w: Any, x: Tensor) -> Tensor:
    """As ``swin_encoder.window_mask``; all 0 where every token sees its whole window."""
    side, shift = block.window_size[0], block.shift_size[0]
    rows, columns = _regions(h, side, shift), _regions(w, side, shift)
    outside = (rows[:, None] < 0) | (columns[None] < 0)
    region = torch.where(outside, -1, 2 * rows[:, None] + columns[None])
    tokens = window_partition(region[None, :, :, None].float(), (side, side)).view(-1, side * side)
    return torch.where(tokens[:, :, None] == tokens[:, None, :], 0.0, _MASKED).to(x)


def _regions(length: Any, side: int, shift: int) -> Tensor:
    """Region of each row of the padded and shifted image: 0 inside, 1 wrapped around, -1 padding."""
    padded = length + -length % side
    position = torch.arange(padded)
    region = torch.where(position < length, 0, -1)
    region = torch.roll(region, -shift, 0) if shift else region
    return torch.where((position >= padded - shift) & (region >= 0), 1, region)
