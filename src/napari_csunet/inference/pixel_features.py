"""What the bundled network and some filters see at each pixel of a slice, computed once, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil
from threading import Lock
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.config import TrainingConfig
from napari_csunet.device import resolve_device, resolve_precision
from napari_csunet.inference.filter_responses import filter_responses
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation, normalised_crop
from napari_csunet.micrographs.reduction import reduced
from napari_csunet.model.csunet import STRIDE, pad_to_stride
from napari_csunet.model.weight_loading import load_encoder_weights
from napari_csunet.model.zoo import build_model, model_config, without_details

TILE = 1024
"""Largest tile. Smaller ones are sooner done, but the network sees less around each pixel (docs/instant.md)."""
HALO = 64
"""Pixels around a tile that the network sees and that are cut off again; a multiple of 32, as the tile is."""
LARGEST = 2048 * 2048
"""Slices of more pixels are looked at in a reduced size."""


@dataclass(frozen=True, eq=False)
class PixelFeatures:
    """Feature maps of one slice, float16: (c, h, w), each at a fraction of the resolution.

    They cover the slice and a rim below and to the right, up to multiples of 32. ``size``: of the slice that was
    looked at, which is 1/``factor`` of the micrograph.
    """

    maps: tuple[Tensor, ...]
    size: tuple[int, int]
    factor: int

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in self.maps)

    def at(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Features (n, channels), float32, at pixels of the slice that was looked at."""
        return torch.cat([_sampled(one, self._stride(one), rows, columns) for one in self.maps]).T

    def of_rows(self, start: int, stop: int) -> Tensor:
        """Features (channels, rows, w), float32, of whole rows; ``start`` is a multiple of 32."""
        parts = [_enlarged_rows(one, self._stride(one), start, stop) for one in self.maps]
        return torch.cat(parts)[:, :, : self.size[1]]

    def _stride(self, one: Tensor) -> int:
        return int(_padded(self.size[1]) // one.shape[-1])


class FeatureNetwork:
    """The bundled network without its head: what its decoder makes of both encoders, at a quarter of the resolution."""

    def __init__(self, device: str = "auto") -> None:
        self.device = resolve_device(device)
        self._lower = resolve_precision("auto", self.device) == "bfloat16"
        training = TrainingConfig()
        config = without_details(model_config(training, in_channels=1, class_count=1))
        model = build_model(config)
        load_encoder_weights(model, config, training)
        self._network = _without_head(model.network).eval().to(self.device)
        self._lock = Lock()  # several windows share it

    @torch.inference_mode()
    def maps(self, picture: Tensor) -> list[Tensor]:
        """Filter responses at strides 1, 2, 4, 8 and the decoder's map at 4 of a picture (h, w), sides of 32 n."""
        picture = picture.to(self.device)
        with self._lock, torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._lower):
            seen = self._network(picture[None, None])[0]
        return [one.half().cpu() for one in (*filter_responses(picture), seen)]


@cache
def feature_network(device: str) -> FeatureNetwork:
    """The one that all windows share."""
    return FeatureNetwork(device)


class SliceLook:
    """Looks at one slice, a tile at each step; can be left alone between two steps and taken up again."""

    def __init__(self, micrograph: Micrograph, slice_index: int, network: FeatureNetwork) -> None:
        self.factor = reduction_for(micrograph.size)
        self._micrograph = reduced(micrograph, self.factor)
        self._slice = slice_index
        self._network = network
        self._intensities = Normalisation().fit(self._micrograph, slice_index)
        self._maps: list[Tensor] = []
        self._tiles = list(_tiles(self._micrograph.size))
        self._done = 0

    def step(self) -> PixelFeatures | None:
        """Looks at the next tile; the features, once that was the last one."""
        tile = self._tiles[self._done]
        seen = [slice(max(0, one.start - HALO), one.stop + HALO) for one in tile]
        pixels = normalised_crop(self._micrograph, self._slice, self._intensities, 1, (seen[0], seen[1]))
        picture = pad_to_stride(torch.from_numpy(pixels[..., 0].copy())[None, None])[0, 0]
        maps = self._network.maps(picture)
        self._maps = self._maps or self._empty(maps, picture.shape[-1])
        for target, part in zip(self._maps, maps, strict=True):
            _put(target, part, picture.shape[-1] // part.shape[-1], tile, seen)
        self._done += 1
        is_last = self._done == len(self._tiles)
        return PixelFeatures(tuple(self._maps), self._micrograph.size, self.factor) if is_last else None

    def _empty(self, maps: list[Tensor], width: int) -> list[Tensor]:
        height, whole = (_padded(length) for length in self._micrograph.size)
        strides = [width // one.shape[-1] for one in maps]
        return [
            torch.zeros(len(one), height // stride, whole // stride, dtype=torch.float16)
            for one, stride in zip(maps, strides, strict=True)
        ]


def reduction_for(size: tuple[int, int]) -> int:
    """The smallest factor that brings a slice down to ``LARGEST`` pixels."""
    factor = 1
    while size[0] * size[1] > LARGEST * factor**2:
        factor += 1
    return factor


def _without_head(network: nn.Module) -> nn.Module:
    """The head, and the last enlargement, which takes as long as all the rest, leave out."""
    network.head = nn.Identity()
    cast(nn.Module, network.decoder).full_resolution = nn.Identity()
    return network


def _padded(length: int) -> int:
    return length + -length % STRIDE


def _tiles(size: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    rows, columns = (_spans(length) for length in size)
    yield from ((row, column) for row in rows for column in columns)


def _spans(length: int) -> list[slice]:
    """About equally long, each but the last a multiple of 32."""
    side = _padded(ceil(length / ceil(length / TILE)))
    return [slice(start, min(length, start + side)) for start in range(0, length, side)]


def _put(target: Tensor, part: Tensor, stride: int, tile: tuple[slice, slice], seen: list[slice]) -> None:
    """Writes the inner part of a tile's map to its place."""
    inner, outer = [], []
    for one, around in zip(tile, seen, strict=True):
        start, stop = one.start // stride, _padded(one.stop) // stride
        shift = around.start // stride
        outer.append(slice(start, stop))
        inner.append(slice(start - shift, stop - shift))
    target[:, outer[0], outer[1]] = part[:, inner[0], inner[1]]


def _sampled(one: Tensor, stride: int, rows: Tensor, columns: Tensor) -> Tensor:
    """(c, n), bilinear between the centres of the map's cells."""
    if stride == 1:
        return one[:, rows, columns].float()
    size = torch.tensor([one.shape[2] * stride, one.shape[1] * stride])
    places = (torch.stack([columns, rows], dim=-1) + 0.5) / size * 2 - 1
    grid = places.float()[None, None]
    return functional.grid_sample(one.float()[None], grid, padding_mode="border", align_corners=False)[0, :, 0]


def _enlarged_rows(one: Tensor, stride: int, start: int, stop: int) -> Tensor:
    """(c, rows, w) at full resolution, the same as ``_sampled`` gives."""
    if stride == 1:
        return one[:, start:stop].float()
    above = min(1, start)
    part = one[:, start // stride - above : -(-stop // stride) + 1].float()
    large = functional.interpolate(part[None], scale_factor=stride, mode="bilinear", align_corners=False)[0]
    return large[:, above * stride : above * stride + stop - start]
