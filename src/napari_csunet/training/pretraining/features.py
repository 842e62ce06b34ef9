"""What the objectives' heads see of the network: the encoders' deepest maps and the decoder's map."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from napari_csunet.model.csunet import CSUNet

ENCODERS = frozenset({"swin", "cnn"})
EVERYTHING = ENCODERS | {"decoder"}


class Widths(NamedTuple):
    """Channels of the deepest map of each encoder, and of the decoder's map."""

    swin: int
    cnn: int
    decoder: int

    @classmethod
    def of(cls, network: CSUNet) -> Widths:
        return cls(
            network.swin_encoder.out_channels[-1], network.cnn_encoder.out_channels[-1], network.decoder.out_channels
        )

    def pooled(self, parts: frozenset[str]) -> int:
        """Length of ``Features.pooled`` for these parts."""
        return sum(getattr(self, encoder) for encoder in parts & ENCODERS)


class Features(NamedTuple):
    """``pooled``: (b, n), the mean over place of the deepest maps. ``pixels``: (b, c, h, w), empty without decoder."""

    pooled: Tensor
    pixels: Tensor


def features_of(network: CSUNet, images: Tensor, parts: frozenset[str]) -> Features:
    """Features of images (b, 1, h, w), h and w multiples of 32; only the parts asked for are run."""
    swin = network.swin_encoder(images) if "swin" in parts else []
    cnn = network.cnn_encoder(images) if "cnn" in parts else []
    pooled = torch.cat([maps[-1].float().mean((1, 2)) for maps in (swin, cnn) if maps], dim=1)
    if "decoder" not in parts:
        return Features(pooled, images.new_zeros(0))
    skips = [torch.cat(pair, dim=-1) for pair in zip((*swin[:3], swin[4]), cnn, strict=True)]
    return Features(pooled, network.decoder(skips))
