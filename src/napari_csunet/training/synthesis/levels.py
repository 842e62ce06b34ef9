"""How bright each class is: as the family usually shows, or in any order and with any contrast."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import Draw, LogRange, Range


@dataclass(frozen=True)
class RandomLevels:
    """Brightness of each class from 0 to 1, drawn anew for each picture."""

    usual: tuple[Range, ...]
    """What most microscopes show."""
    as_usual: float = 0.4
    """Share of the pictures that keep to it."""
    spread: Range = (0.06, 0.8)
    """Brightest less darkest class in the other pictures, in any order."""
    alike: tuple[tuple[int, int], ...] = ()
    """Pairs of classes of nearly the same composition; the second follows the first."""
    difference: Range = (-0.06, 0.06)

    def draw(self, draw: Draw) -> Tensor:
        """(b, classes)."""
        usual = torch.cat([draw.between(limits, 1) for limits in self.usual], 1)
        levels = torch.where(draw.uniform(1) < self.as_usual, usual, self._in_any_order(draw))
        follows = draw.uniform(1) < 0.75
        for first, second in self.alike:
            near = levels[:, first : first + 1] + draw.between(self.difference, 1)
            levels[:, second : second + 1] = torch.where(follows, near, levels[:, second : second + 1])
        return levels

    def _in_any_order(self, draw: Draw) -> Tensor:
        count = len(self.usual)
        rank = draw.uniform(count).argsort(1) + draw.between((-0.25, 0.25), count)
        spread = draw.between(LogRange(*self.spread), 1)
        darkest = 0.1 + (0.8 - spread).clamp(min=0) * draw.uniform(1)
        return darkest + spread * rank / max(1, count - 1)


def steps(levels: Tensor) -> Tensor:
    """Mean difference in brightness from one class to the next brighter one, (b, 1, 1), from (b, classes)."""
    return ((levels.amax(1) - levels.amin(1)) / max(1, levels.shape[1] - 1))[:, None, None]
