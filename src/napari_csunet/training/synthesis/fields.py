"""Random numbers and random fields for batches of pictures; each picture has its own random stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

Range = tuple[float, float]
Size = tuple[int, int]


class LogRange(NamedTuple):
    """A range in which every decade is as likely as the next, as for lengths from 3 to 150 pixels."""

    low: float
    high: float


@dataclass(frozen=True)
class Draw:
    """Random tensors whose first axis is the picture. A picture does not depend on the rest of its batch.

    Unless ``together`` is above 0: then that many pictures share the only generator, which is faster on any device.
    """

    generators: tuple[torch.Generator, ...]
    together: int = 0

    @classmethod
    def from_generator(cls, generator: torch.Generator, count: int, device: torch.device) -> Draw:
        seeds = torch.randint(2**62, (count,), generator=generator, device=generator.device)
        return cls(tuple(torch.Generator(device).manual_seed(int(seed)) for seed in seeds))

    @classmethod
    def of_a_batch(cls, generator: torch.Generator, count: int, device: torch.device) -> Draw:
        """One stream for ``count`` pictures: no loop over pictures, wherever they are made."""
        seed = torch.randint(2**62, (1,), generator=generator, device=generator.device)
        return cls((torch.Generator(device).manual_seed(int(seed)),), count)

    @property
    def device(self) -> torch.device:
        return self.generators[0].device

    def uniform(self, *shape: int) -> Tensor:
        """Numbers from 0 to 1, (b, *shape)."""
        return self._stack(torch.rand, shape)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers, (b, *shape)."""
        return self._stack(torch.randn, shape)

    def between(self, limits: Range, *shape: int) -> Tensor:
        """Numbers within the limits, uniform or, for a LogRange, uniform in their logarithm; (b, *shape)."""
        low, high = limits
        if isinstance(limits, LogRange):
            return low * (high / low) ** self.uniform(*shape)
        return low + (high - low) * self.uniform(*shape)

    def a_picture(self, limits: Range) -> Tensor:
        """One number for each picture, (b, 1, 1)."""
        return self.between(limits, 1, 1)

    def field(
        self, size: Size, length: float | Tensor, stretch: float | Tensor = 1.0, angle: float | Tensor = 0.0
    ) -> Tensor:
        """Gaussian random field of mean 0 and variance 1, (b, h, w).

        ``length`` is the correlation length in pixels, ``stretch`` how much longer it is along ``angle`` (radians).
        """
        shorter = torch.as_tensor(length, device=self.device).clamp(max=max(size) / 2)  # longer ones are flat
        return self._filtered(size, gaussian_response(size, shorter, stretch, angle, self.device))

    def wave_field(
        self, size: Size, wavelength: Tensor, bandwidth: Tensor, stretch: float | Tensor, angle: float | Tensor
    ) -> Tensor:
        """A field of mean 0 and variance 1 made of waves of nearly one length in pixels, (b, h, w)."""
        down, along = frequencies(size, stretch, angle, self.device)
        off = ((down**2 + along**2).sqrt() * wavelength.clamp(max=0.4 * min(size)) - 1) / bandwidth
        return self._filtered(size, torch.exp(-(off**2 / 2).clamp(max=30)))

    def _filtered(self, size: Size, response: Tensor) -> Tensor:
        smooth: Tensor = torch.fft.irfft2(torch.fft.rfft2(self.normal(*size)) * response, s=size)
        centred = smooth - smooth.mean((-2, -1), keepdim=True)
        return centred / centred.square().mean((-2, -1), keepdim=True).sqrt()

    def smooth_field(self, size: Size, length: float | Tensor, every: int) -> Tensor:
        """A field of long correlation length, made of every n-th pixel and interpolated; (b, h, w)."""
        coarse = (-(-size[0] // every) + 1, -(-size[1] // every) + 1)
        field = self.field(coarse, length / every)[:, None]
        return interpolate(field, scale_factor=every, mode="bilinear")[:, 0, : size[0], : size[1]]

    def _stack(self, sample: Callable[..., Tensor], shape: Sequence[int]) -> Tensor:
        if self.together:
            return sample(self.together, *shape, generator=self.generators[0], device=self.device)
        return torch.stack([sample(*shape, generator=g, device=g.device) for g in self.generators])


def gaussian_response(
    size: Size, sigma: float | Tensor, stretch: float | Tensor, angle: float | Tensor, device: torch.device
) -> Tensor:
    """Fourier transform of a Gaussian on the half plane of ``rfft2``, (h, w // 2 + 1) or (b, h, w // 2 + 1)."""
    along, across = frequencies(size, stretch, angle, device)
    exponent = 2 * (math.pi * torch.as_tensor(sigma, device=device)) ** 2 * (along**2 + across**2)
    return torch.exp(-exponent.clamp(max=30))  # denormal numbers would take 20 times as long


def frequencies(
    size: Size, stretch: float | Tensor, angle: float | Tensor, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Cycles a pixel along an angle, times the stretch, and across it, on the half plane of ``rfft2``."""
    fy = torch.fft.fftfreq(size[0], device=device)[:, None]
    fx = torch.fft.rfftfreq(size[1], device=device)[None, :]
    angle = torch.as_tensor(angle, device=device)
    along = (fx * torch.cos(angle) + fy * torch.sin(angle)) * stretch
    return along, fy * torch.cos(angle) - fx * torch.sin(angle)


def blur(pictures: Tensor, sigma: float | Tensor) -> Tensor:
    """Gaussian blur, (b, h, w); opposite edges touch, which the margin of a scene hides."""
    size = (pictures.shape[-2], pictures.shape[-1])
    response = gaussian_response(size, sigma, 1.0, 0.0, pictures.device)
    blurred: Tensor = torch.fft.irfft2(torch.fft.rfft2(pictures) * response, s=size)
    return blurred


def slopes(height: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences of (b, h, w) down the rows and along the columns."""
    down = (height.roll(-1, -2) - height.roll(1, -2)) / 2
    along = (height.roll(-1, -1) - height.roll(1, -1)) / 2
    return down, along


def level_of_share(field: Tensor, share: Tensor) -> Tensor:
    """Value (b, 1, 1) below which the given share (b, 1, 1) of each picture (b, h, w) lies, from every second pixel."""
    ordered = field[:, ::2, ::2].flatten(1).sort(1).values
    rank = (share.flatten() * (ordered.shape[1] - 1)).round().long()
    return ordered.gather(1, rank[:, None])[:, :, None]
