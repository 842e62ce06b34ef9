"""Small shapes put on a large canvas: each is computed only within a square around its centre."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import Size


@dataclass(frozen=True)
class Stamps:
    """Squares of 2 · reach + 1 pixels around n centres in each picture."""

    down: Tensor
    along: Tensor
    """(b, n, p, p): pixels from the centre."""
    index: Tensor
    """(b, n · p · p): where the pixel lies in the flat canvas; the last entry takes what falls off."""
    size: Size

    @classmethod
    def around(cls, centres: Tensor, reach: int, size: Size) -> Stamps:
        """``centres`` (b, n, 2) holds row and column in pixels."""
        ticks = torch.arange(-reach, reach + 1, device=centres.device)
        corner = centres.round()
        row = corner[..., 0, None, None].long() + ticks[:, None]  # (b, n, p, 1)
        column = corner[..., 1, None, None].long() + ticks  # (b, n, 1, p)
        within = (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
        index = torch.where(within, row * size[1] + column, size[0] * size[1]).flatten(1)
        down = (row - centres[..., 0, None, None]).expand(within.shape)
        along = (column - centres[..., 1, None, None]).expand(within.shape)
        return cls(down, along, index, size)

    def lowest(self, values: Tensor, empty: float) -> Tensor:
        """Smallest of the values (b, n, p, p) that meet at each pixel, (b, h, w); ``empty`` where none is smaller."""
        return self._canvas(self._reduced(values, empty, "amin"))

    def highest(self, values: Tensor, empty: float) -> tuple[Tensor, Tensor]:
        """Largest value at each pixel and the index of its stamp, −1 where nothing is above ``empty``; (b, h, w)."""
        top = self._reduced(values, empty, "amax")
        on_top = (values.flatten(1) == top.gather(1, self.index)) & (values.flatten(1) > empty)
        number = torch.arange(values.shape[1], device=values.device, dtype=values.dtype)[:, None, None].expand_as(
            values
        )
        owner = self._reduced(torch.where(on_top.view_as(values), number, -1.0), -1.0, "amax")
        return self._canvas(top), self._canvas(owner).long()

    def _reduced(self, values: Tensor, empty: float, how: str) -> Tensor:
        canvas = values.new_full((len(values), self.size[0] * self.size[1] + 1), empty)
        return canvas.scatter_reduce(1, self.index, values.flatten(1), how)

    def _canvas(self, flat: Tensor) -> Tensor:
        return flat[:, :-1].view(-1, *self.size)
