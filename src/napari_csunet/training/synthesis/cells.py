"""Sites on a jittered lattice: how far each pixel is from the nearest shapes, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import Draw, Range, Size

ShapeDistance = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(down, along, site index) → distance; all (b, h, w), offsets from the site in units of the lattice."""


@dataclass(frozen=True)
class Lattice:
    """A square lattice turned by an angle; each cell holds one site, moved off its centre by up to ``jitter`` cells."""

    down: Tensor
    along: Tensor
    """(b, h, w): where each pixel lies, in cells."""
    offsets: Tensor
    """(b, 2, side * side): where the site lies in its cell."""
    side: int
    spacing: Tensor
    """(b, 1, 1): pixels a cell."""

    @classmethod
    def draw(cls, draw: Draw, size: Size, spacing: Range, jitter: float, warp: Range = (0.0, 0.0)) -> Lattice:
        """``warp`` is how far, in cells, a smooth random field displaces the lattice."""
        pitch = draw.a_picture(spacing)
        angle = draw.a_picture((0.0, 1.5708))
        side = int(sum(size) / spacing[0]) + 4
        rows = torch.arange(size[0], device=draw.device)[:, None] - size[0] / 2
        columns = torch.arange(size[1], device=draw.device)[None, :] - size[1] / 2
        strength = draw.a_picture(warp)
        down, along = (
            (a + b) / pitch + side / 2 + strength * draw.field(size, pitch * 0.7)
            for a, b in (
                (rows * torch.cos(angle), columns * torch.sin(angle)),
                (columns * torch.cos(angle), -rows * torch.sin(angle)),
            )
        )
        offsets = 0.5 + jitter * (2 * draw.uniform(2, side * side) - 1)
        return cls(down, along, offsets, side, pitch)

    @property
    def site_count(self) -> int:
        return self.side * self.side

    def nearest_two(self, distance: ShapeDistance) -> tuple[Tensor, Tensor, Tensor]:
        """Distance to the nearest and to the second shape, and the index of the nearest, each (b, h, w)."""
        row, column = self.down.floor().long(), self.along.floor().long()
        first = torch.full_like(self.down, 1e3)
        second, owner = first.clone(), torch.zeros_like(row)
        for i in (-1, 0, 1):
            for j in (-1, 0, 1):
                site, away = self._away(row + i, column + j, distance)
                nearer = away < first
                second = torch.where(nearer, first, torch.minimum(second, away))
                first = torch.where(nearer, away, first)
                owner = torch.where(nearer, site, owner)
        return first, second, owner

    def _away(self, row: Tensor, column: Tensor, distance: ShapeDistance) -> tuple[Tensor, Tensor]:
        site = row.clamp(0, self.side - 1) * self.side + column.clamp(0, self.side - 1)
        down = self.down - row - pick(self.offsets[:, 0], site)
        along = self.along - column - pick(self.offsets[:, 1], site)
        return site, distance(down, along, site)


def pick(table: Tensor, index: Tensor) -> Tensor:
    """Entries of a table (b, n) at an index (b, h, w)."""
    return table.gather(1, index.flatten(1)).view_as(index)
