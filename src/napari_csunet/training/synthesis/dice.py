"""Choices for a whole batch: which family, which effects, how strong at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from napari_csunet.training.synthesis.fields import LogRange, Range

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Dice:
    """Numbers and choices drawn on the CPU, before any picture is made."""

    generator: torch.Generator

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=self.generator, device=self.generator.device))

    def among(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self.between(0, len(choices) - 1e-6))]

    def sometimes(self, probability: float, limits: Range) -> Range | None:
        """The limits, or None."""
        return limits if self.between(0, 1) < probability else None

    def within(self, limits: LogRange) -> float:
        """A number from a wide range, every decade as likely as the next."""
        return float(limits.low * (limits.high / limits.low) ** self.between(0, 1))
