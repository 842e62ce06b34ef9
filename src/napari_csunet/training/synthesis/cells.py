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
        """Distance to the nearest and to the second shape, and the index of the nearest, each (b, h, w).

        The index is one for ``pick``: it counts through the sites of all pictures.
        """
        columns = self._sites_along(self.along)
        rows = [(self._counted(row), down) for row, down in self._sites_along(self.down)]
        first = torch.full_like(self.down, 1e3)
        second, owner = first.clone(), torch.zeros_like(self.down, dtype=torch.long)
        for row, down in rows:
            for column, along in columns:
                site = row + column
                away = distance(down - pick(self.offsets[:, 0], site), along - pick(self.offsets[:, 1], site), site)
                owner = torch.where(away < first, site, owner)
                second = torch.minimum(second, torch.maximum(first, away))
                first = torch.minimum(first, away)
        return first, second, owner

    def _counted(self, row: Tensor) -> Tensor:
        return counted_through(row * self.side, self.site_count)

    def _sites_along(self, place: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The cell before, at and after each pixel along one axis, and how far into it the pixel lies."""
        cell = place.floor().long()
        return [((cell + i).clamp(0, self.side - 1), place - (cell + i)) for i in (-1, 0, 1)]


def pick(table: Tensor, index: Tensor) -> Tensor:
    """Entries of a table (b, n) at an index (b, h, w) that counts through the tables of all pictures."""
    return table.reshape(-1).index_select(0, index.flatten()).view(index.shape)


def counted_through(index: Tensor, count: int) -> Tensor:
    """An index (b, ...) that starts from 0 in each picture, for ``pick`` from tables of ``count`` entries."""
    start = torch.arange(len(index), device=index.device) * count
    return index + start.view(-1, *(1 for _ in index.shape[1:]))
