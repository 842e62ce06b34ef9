"""The random numbers of one step: a function of seed, process and step alone, so that a resumed run draws the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class StepRandom:
    """``numbers`` for choices, ``tensors`` for noise on the device, ``host`` for what wants a generator on the CPU."""

    numbers: np.random.Generator
    tensors: torch.Generator
    host: torch.Generator

    @classmethod
    def of(cls, seed: int, rank: int, step: int, device: torch.device) -> StepRandom:
        numbers = np.random.default_rng([seed, rank, step])
        first, second = (int(number) for number in numbers.integers(2**62, size=2))
        return cls(numbers, torch.Generator(device).manual_seed(first), torch.Generator().manual_seed(second))

    @property
    def device(self) -> torch.device:
        return self.tensors.device

    def between(self, low: float, high: float, count: int) -> torch.Tensor:
        """Uniform numbers (count, 1, 1, 1)."""
        return low + (high - low) * torch.rand(count, 1, 1, 1, generator=self.tensors, device=self.device)

    def spread(self, deviation: float, count: int) -> torch.Tensor:
        """Normal numbers (count, 1, 1, 1) of mean 0."""
        return deviation * torch.randn(count, 1, 1, 1, generator=self.tensors, device=self.device)

    def some(self, share: float, count: int) -> torch.Tensor:
        """True with a probability of ``share``, (count, 1, 1, 1)."""
        return torch.rand(count, 1, 1, 1, generator=self.tensors, device=self.device) < share

    def noise(self, like: torch.Tensor) -> torch.Tensor:
        """Standard normal numbers of the shape of a tensor."""
        return torch.randn(like.shape, generator=self.tensors, device=self.device)
