"""A convolutional encoder from segmentation-models-pytorch, as CS-UNet uses it."""

from __future__ import annotations

from functools import cache
from typing import cast

import torch
from torch import Tensor, nn

from napari_csunet.errors import WeightsError

STRIDES = (4, 8, 16, 32)


class CnnEncoder(nn.Module):
    """Feature maps at strides 4, 8, 16 and 32 of any smp encoder; ``out_channels`` holds their widths.

    Raises WeightsError if smp does not know the encoder or it has no map at one of the strides.
    """

    def __init__(self, name: str, in_channels: int) -> None:
        super().__init__()
        self.encoder = build_encoder(name, in_channels)
        widths = cast(list[int], self.encoder.out_channels)
        self.out_channels = tuple(widths[-4:])
        if len(widths) != 6 or self.encoder.output_stride != STRIDES[-1]:
            raise WeightsError(
                f"The CNN encoder {name} has no feature maps at strides {STRIDES}. Choose another, such as resnet18."
            )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Maps (b, h, w, c) in channels-last layout of an image (b, c, h, w), finest first.

        On a CPU it trains in float32 even under autocast: depthwise convolutions go backward 1.2 times as fast there.
        """
        if self.training and image.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                maps = self.encoder(image.float())
        else:
            maps = self.encoder(image)
        return [x.permute(0, 2, 3, 1) for x in maps[-4:]]


def build_encoder(name: str, in_channels: int) -> nn.Module:
    """An smp encoder of depth 5 with random weights."""
    from segmentation_models_pytorch.encoders import get_encoder

    if not name.startswith("tu-") and name not in cnn_encoder_names():
        raise WeightsError(
            f"There is no CNN encoder {name}. Some that there are: resnet18, resnet50, efficientnet-b4, densenet121."
        )
    try:
        return cast(nn.Module, get_encoder(name, in_channels=in_channels, depth=5, weights=None))
    except (RuntimeError, ValueError) as error:
        raise WeightsError(
            f"The CNN encoder {name} cannot be built: {error}. Choose another, such as resnet18."
        ) from error


@cache
def cnn_encoder_names() -> tuple[str, ...]:
    """Names of the encoders that smp brings itself; timm's are reached as ``tu-<name>``."""
    from segmentation_models_pytorch.encoders import get_encoder_names

    return tuple(get_encoder_names())
