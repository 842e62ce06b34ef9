"""What a family of microstructures makes: who is where, how high the surface is, and which grain reflects how much."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Scene:
    """A batch of specimens before the microscope.

    regions: (b, h, w) int64, class of each pixel from 0.
    height: (b, h, w) float, height of the surface in pixels.
    tone: (b, h, w) float, brightness by orientation or composition within a class, about −1 to 1.
    hollow: (b, h, w) float, share of each pixel that is void, 0 to 1, whatever its class; none where not given.
    """

    regions: Tensor
    height: Tensor
    tone: Tensor
    hollow: Tensor | None = None
