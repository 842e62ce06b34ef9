"""The U-shaped decoder of CS-UNet: patch expansion, fusion with the skips of the encoders, Swin blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from napari_csunet.config import ModelConfig
from napari_csunet.model.swin_encoder import swin_blocks


class PatchExpansion(nn.Module):
    """Raises the resolution of (b, h, w, c) ``factor`` times: linear, pixel shuffle, LayerNorm (Cao et al. 2021)."""

    def __init__(self, in_channels: int, out_channels: int, factor: int = 2) -> None:
        super().__init__()
        self.factor = factor
        self.expand = nn.Linear(in_channels, factor * factor * out_channels, bias=False)
        self.norm = nn.LayerNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        b, h, w, _ = x.shape
        x = self.expand(x).view(b, h, w, self.factor, self.factor, -1)
        x = x.permute(0, 1, 3, 2, 4, 5).reshape(b, h * self.factor, w * self.factor, -1)
        return cast(Tensor, self.norm(x))


class Decoder(nn.Module):
    """From the skips of one or two encoders to a map at full resolution.

    skip_channels: channels of everything that is fused at strides 4, 8 and 16, and of the bottleneck at stride 32.
    ``out_channels`` is the width of the result (b, out_channels, h, w).
    """

    def __init__(self, skip_channels: Sequence[int], config: ModelConfig) -> None:
        super().__init__()
        widths = [config.embedding << stage for stage in (2, 1, 0)]
        self.out_channels = config.embedding
        self.bottleneck = nn.Linear(skip_channels[3], 2 * widths[0])
        self.expansions = nn.ModuleList(PatchExpansion(2 * width, width) for width in widths)
        self.fusions = nn.ModuleList(
            nn.Linear(width + skip, width) for width, skip in zip(widths, reversed(skip_channels[:3]), strict=True)
        )
        self.stages = nn.ModuleList(
            swin_blocks(width, config.heads[stage], config.depths[stage], config)
            for width, stage in zip(widths, (2, 1, 0), strict=True)
        )
        self.norm = nn.LayerNorm(config.embedding)
        self.full_resolution = PatchExpansion(config.embedding, config.embedding, factor=4)

    def forward(self, skips: Sequence[Tensor], fine: Tensor | None = None) -> Tensor:
        """``skips``: fused maps (b, h, w, c) at strides 4, 8, 16 and the bottleneck at 32.

        ``fine``: what is added to the map at stride 4 (b, h, w, out_channels).
        """
        x = self.bottleneck(skips[3])
        added = (None, None, fine)
        for expansion, fusion, stage, skip, more in zip(
            self.expansions, self.fusions, self.stages, skips[2::-1], added, strict=True
        ):
            x = fusion(torch.cat([expansion(x), skip], dim=-1))
            x = stage(x if more is None else x + more)
        return cast(Tensor, self.full_resolution(self.norm(x)).permute(0, 3, 1, 2))
