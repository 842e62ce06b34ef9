"""Plain convolutions beside the encoders, which see what is a few pixels wide and are learned from the labels alone."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

WIDTH = 64
"""Channels, as in the first stage of ResNet-18."""


class FineMaps(NamedTuple):
    """``half``: (b, WIDTH, h / 2, w / 2). ``quarter``: (b, h / 4, w / 4, channels of the decoder's finest stage)."""

    half: Tensor
    quarter: Tensor


class FineBranch(nn.Module):
    """Stem and first stage of ResNet-18 (He et al. 2016, arXiv 1512.03385), at random in the beginning.

    Depthwise convolutions, as in the encoder of the bundled weights, learn slowly from one micrograph; these do not.
    """

    def __init__(self, in_channels: int, decoder_channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, WIDTH, kernel_size=7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(inplace=True),
        )
        self.stage = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1), BasicBlock(WIDTH, WIDTH), BasicBlock(WIDTH, WIDTH)
        )
        self.to_decoder = nn.Linear(WIDTH, decoder_channels)

    def forward(self, image: Tensor) -> FineMaps:
        half = self.stem(image)
        return FineMaps(half, self.to_decoder(self.stage(half).permute(0, 2, 3, 1)))
