"""Swin Transformer blocks that are right at every image size, and the encoder made of them."""

from __future__ import annotations

from collections import OrderedDict
from typing import cast

import torch
from timm.layers.mlp import Mlp
from timm.models.swin_transformer import SwinTransformerBlock, window_partition, window_reverse
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.config import ModelConfig

_MASKED = -100.0
_MASKS_KEPT = 16


class ResidualMlp(nn.Module):
    """fc1, then fc2 with its input added, then GELU, then fc3 (the residual MLP of the CS-UNet paper)."""

    def __init__(self, channels: int, ratio: int = 4) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, ratio * channels)
        self.fc2 = nn.Linear(ratio * channels, channels)
        self.act = nn.GELU()
        self.fc3 = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.fc3(self.act(self.fc2(self.act(self.fc1(x))) + x)))


class SwinBlock(SwinTransformerBlock):
    """timm's Swin block, without its dependence on the size it was built for.

    timm fixes shift and mask when the block is built and pads after the shift, so that at other sizes the wrapped rows
    attend to the wrong windows. Here the tokens are padded first, and one mask keeps wrapped regions and padding apart.
    """

    def __init__(self, channels: int, heads: int, window: int, shifted: bool, residual_mlp: bool) -> None:
        super().__init__(
            channels,
            input_resolution=4 * window,
            num_heads=heads,
            window_size=window,
            shift_size=window // 2 if shifted else 0,
            always_partition=True,
            dynamic_mask=True,
        )
        self._masks: OrderedDict[tuple[int, int, torch.device, torch.dtype], Tensor] = OrderedDict()
        if residual_mlp:
            self.mlp = cast(Mlp, ResidualMlp(channels))

    def _attn(self, x: Tensor) -> Tensor:
        _, h, w, c = x.shape
        window, shift = self.window_size, self.shift_size[0]
        side = window[0]
        x = functional.pad(x, (0, 0, 0, -w % side, 0, -h % side))
        padded_h, padded_w = x.shape[1:3]
        x = torch.roll(x, (-shift, -shift), (1, 2)) if shift else x
        windows = window_partition(x, window).view(-1, side * side, c)  # (b * windows, tokens, c)
        windows = self.attn(windows, mask=self._mask(h, w, x)).view(-1, side, side, c)
        x = window_reverse(windows, window, padded_h, padded_w)
        x = torch.roll(x, (shift, shift), (1, 2)) if shift else x
        return x[:, :h, :w]

    def _mask(self, h: int, w: int, x: Tensor) -> Tensor | None:
        """Attention mask (windows, tokens, tokens) for h × w tokens; None where every token sees its whole window."""
        side, shift = self.window_size[0], self.shift_size[0]
        if not shift and h % side == 0 and w % side == 0:
            return None
        key = (h, w, x.device, x.dtype)
        if key not in self._masks:
            self._masks[key] = window_mask(h, w, side, shift).to(x)
            while len(self._masks) > _MASKS_KEPT:
                self._masks.popitem(last=False)
        return self._masks[key]


def window_mask(h: int, w: int, side: int, shift: int) -> Tensor:
    """Mask (windows, side², side²): 0 between tokens of one region, -100 to another region and to padding.

    Regions are what the cyclic shift brings together from opposite borders (Liu et al. 2021, figure 4).
    """
    rows, columns = _regions(h, side, shift), _regions(w, side, shift)
    region = torch.where((rows[:, None] < 0) | (columns < 0), -1, 2 * rows[:, None] + columns)
    tokens = window_partition(region[None, :, :, None].float(), (side, side)).view(-1, side * side)
    return torch.where(tokens[:, :, None] == tokens[:, None, :], 0.0, _MASKED)


def _regions(length: int, side: int, shift: int) -> Tensor:
    """Region of each row of the padded and shifted image: 0 inside, 1 wrapped around, -1 padding."""
    position = torch.arange(length + -length % side)
    region = torch.where(position < length, 0, -1).roll(-shift)
    wrapped = (position >= len(position) - shift) & (region >= 0)
    return torch.where(wrapped, 1, region)


class PatchMerging(nn.Module):
    """Halves the resolution and doubles the channels: 2 × 2 neighbours side by side, LayerNorm, linear."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        b, h, w, c = x.shape
        x = functional.pad(x, (0, 0, 0, w % 2, 0, h % 2))
        x = x.reshape(b, (h + 1) // 2, 2, (w + 1) // 2, 2, c).permute(0, 1, 3, 4, 2, 5).flatten(3)
        return cast(Tensor, self.reduction(self.norm(x)))


def swin_blocks(channels: int, heads: int, depth: int, config: ModelConfig) -> nn.Sequential:
    """``depth`` blocks, every second one shifted by half a window."""
    return nn.Sequential(
        *(SwinBlock(channels, heads, config.window, i % 2 == 1, config.residual_mlp) for i in range(depth))
    )


class SwinEncoder(nn.Module):
    """Swin Transformer with patches of 4 × 4 pixels and four stages.

    ``forward`` takes an image (b, c, h, w) and returns five maps (b, h, w, c) in channels-last layout: the input of
    each stage at strides 4, 8, 16, 32 (what CS-UNet uses as skips), and the normalised output of the last stage.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = [config.embedding << stage for stage in range(4)]
        self.out_channels = (*widths, widths[-1])
        self.patch_embedding = nn.Conv2d(config.in_channels, config.embedding, kernel_size=4, stride=4)
        self.patch_norm = nn.LayerNorm(config.embedding)
        self.stages = nn.ModuleList(
            swin_blocks(width, heads, depth, config)
            for width, heads, depth in zip(widths, config.heads, config.depths, strict=True)
        )
        self.merging = nn.ModuleList(PatchMerging(width) for width in widths[:-1])
        self.norm = nn.LayerNorm(widths[-1])

    def forward(self, image: Tensor) -> list[Tensor]:
        x = self.patch_norm(self.patch_embedding(image).permute(0, 2, 3, 1))
        skips = [x]
        for stage, merging in zip(self.stages, self.merging, strict=False):
            x = merging(stage(x))
            skips.append(x)
        return [*skips, self.norm(self.stages[-1](x))]
