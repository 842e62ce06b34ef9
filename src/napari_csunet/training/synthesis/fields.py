"""Random numbers and random fields for batches of pictures; each picture has its own random stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Range = tuple[float, float]
Size = tuple[int, int]


@dataclass(frozen=True)
class Draw:
    """Random tensors whose first axis is the picture. A picture does not depend on the rest of its batch."""

    generators: tuple[torch.Generator, ...]

    @classmethod
    def from_generator(cls, generator: torch.Generator, count: int, device: torch.device) -> Draw:
        seeds = torch.randint(2**62, (count,), generator=generator, device=generator.device)
        return cls(tuple(torch.Generator(device).manual_seed(int(seed)) for seed in seeds))

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
        """Uniform numbers within the limits, (b, *shape)."""
        low, high = limits
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
        response = gaussian_response(size, length, stretch, angle, self.device)
        smooth: Tensor = torch.fft.irfft2(torch.fft.rfft2(self.normal(*size)) * response, s=size)
        centred = smooth - smooth.mean((-2, -1), keepdim=True)
        return centred / centred.square().mean((-2, -1), keepdim=True).sqrt()

    def _stack(self, sample: Callable[..., Tensor], shape: Sequence[int]) -> Tensor:
        return torch.stack([sample(*shape, generator=g, device=g.device) for g in self.generators])


def gaussian_response(
    size: Size, sigma: float | Tensor, stretch: float | Tensor, angle: float | Tensor, device: torch.device
) -> Tensor:
    """Fourier transform of a Gaussian on the half plane of ``rfft2``, (h, w // 2 + 1) or (b, h, w // 2 + 1)."""
    fy = torch.fft.fftfreq(size[0], device=device)[:, None]
    fx = torch.fft.rfftfreq(size[1], device=device)[None, :]
    angle = torch.as_tensor(angle, device=device)
    along = (fx * torch.cos(angle) + fy * torch.sin(angle)) * stretch
    across = fy * torch.cos(angle) - fx * torch.sin(angle)
    exponent = 2 * (math.pi * torch.as_tensor(sigma, device=device)) ** 2 * (along**2 + across**2)
    return torch.exp(-exponent.clamp(max=30))  # denormal numbers would take 20 times as long


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
