"""CS-UNet (Alrfou, Zhao, Kordijazi 2023, arXiv 2308.13917): two encoders side by side, one U-shaped decoder."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.config import ModelConfig
from napari_csunet.model.cnn_encoder import CnnEncoder
from napari_csunet.model.decoder import Decoder
from napari_csunet.model.filters import DetailHead
from napari_csunet.model.fine_branch import WIDTH, FineBranch
from napari_csunet.model.swin_encoder import SwinEncoder

STRIDE = 32


class AnySize(nn.Module):
    """Lets a network that needs multiples of 32 take any height and width: pads by reflection, crops the result."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Image (b, channels, h, w) to logits (b, classes, h, w)."""
        h, w = image.shape[-2:]
        return cast(Tensor, self.network(pad_to_stride(image))[..., :h, :w])

    def drop_detail(self, share: float) -> None:
        """Lets a share of the training patches go without the detail head, if the network has one."""
        detail = getattr(self.network, "detail", None)
        if detail is not None:
            detail.dropped = share


def pad_to_stride(image: Tensor, stride: int = STRIDE) -> Tensor:
    """Image (b, c, h, w) extended below and to the right to multiples of ``stride``; mirrored if it is large enough."""
    h, w = image.shape[-2:]
    bottom, right = -h % stride, -w % stride
    mode = "reflect" if bottom < h and right < w else "replicate"
    return functional.pad(image, (0, right, 0, bottom), mode=mode) if bottom or right else image


class CSUNet(nn.Module):
    """Both encoders, the decoder and a 1 × 1 convolution to the classes. ``h`` and ``w`` are multiples of 32."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.swin_encoder = SwinEncoder(config)
        self.cnn_encoder = CnnEncoder(config.cnn_encoder, config.in_channels)
        swin, cnn = self.swin_encoder.out_channels, self.cnn_encoder.out_channels
        self.decoder = Decoder([swin[i] + cnn[i] for i in (0, 1, 2)] + [swin[4] + cnn[3]], config)
        self.head = nn.Conv2d(self.decoder.out_channels, config.class_count, kernel_size=1, bias=False)
        self.fine = FineBranch(config.in_channels, self.decoder.out_channels) if config.fine_branch else None
        self.detail = (
            DetailHead(config.in_channels, self.decoder.out_channels, config.class_count, WIDTH if self.fine else 0)
            if config.detail
            else None
        )

    def forward(self, image: Tensor) -> Tensor:
        swin = self.swin_encoder(image)
        cnn = self.cnn_encoder(image)
        skips = [torch.cat(pair, dim=-1) for pair in zip((*swin[:3], swin[4]), cnn, strict=True)]
        fine = None if self.fine is None else self.fine(image)
        decoded = self.decoder(skips, None if fine is None else fine.quarter)
        logits = cast(Tensor, self.head(decoded))
        if self.detail is None:
            return logits
        return logits + cast(Tensor, self.detail(image, decoded, None if fine is None else fine.half))


class SwinUNet(nn.Module):
    """CS-UNet without the CNN encoder, for comparison (Cao et al. 2021, arXiv 2105.05537)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.swin_encoder = SwinEncoder(config)
        swin = self.swin_encoder.out_channels
        self.decoder = Decoder([*swin[:3], swin[4]], config)
        self.head = nn.Conv2d(self.decoder.out_channels, config.class_count, kernel_size=1, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        swin = self.swin_encoder(image)
        return cast(Tensor, self.head(self.decoder([*swin[:3], swin[4]])))
