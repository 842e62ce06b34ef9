"""What grinding, polishing, etching and ion beams leave on a specimen."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import Draw, LogRange, Range, Size, level_of_share


def scratches(size: Size, draw: Draw, count: int = 4) -> Tensor:
    """Faint straight polishing marks, bright on one side and dark on the other, that fade at both ends."""
    y = torch.arange(size[0], device=draw.device)[:, None]
    x = torch.arange(size[1], device=draw.device)[None, :]
    main = draw.a_picture((0.0, math.pi))
    marks = torch.zeros_like(main)
    for _ in range(count):
        angle = main + 0.4 * draw.normal(1, 1)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        row, column = size[0] * draw.uniform(1, 1), size[1] * draw.uniform(1, 1)
        across = ((y - row) * cosine - (x - column) * sine).clamp(-5, 5)
        along = ((y - row) * sine + (x - column) * cosine) / draw.a_picture((12.0, 80.0))
        profile = (1 - 0.8 * across) * torch.exp(-(across**2))
        marks = marks + draw.normal(1, 1) * profile / (1 + along**4)
    return marks


def curtains(size: Size, draw: Draw) -> Tensor:
    """Streaks that an ion beam mills down the picture, strongest below hard places; variance about 1."""
    streaks = draw.field((1, size[1]), draw.a_picture(LogRange(0.8, 5.0)))
    depth = torch.linspace(0, 1, size[0], device=draw.device)[:, None]
    return streaks * torch.sigmoid(8 * (depth - draw.a_picture((-0.6, 0.8))))


def spots(size: Size, draw: Draw, length: Range, share: Range) -> Tensor:
    """Irregular blots, 1 within and 0 outside, that cover about a share of the picture; (b, h, w)."""
    field = draw.field(size, draw.a_picture(length))
    return ((field - level_of_share(field, 1 - draw.a_picture(share))) * 4).clamp(0, 1)
