"""Pores and cracks in an otherwise sound solid: gas pores, lack of fusion, cracks along grains and through them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import Lattice, pick
from napari_csunet.training.synthesis.fields import Draw, LogRange, Range, Size, blur
from napari_csunet.training.synthesis.scene import Scene

SOLID, PORE, CRACK = range(3)


@dataclass(frozen=True)
class Defects:
    """Lengths in pixels."""

    spacing: Range = (16.0, 160.0)
    """From one round pore, or one grain, to the next."""
    radius: Range = (0.08, 0.4)
    """Of round pores, in spacings."""
    share: Range = (0.0, 0.7)
    """Of the places with a round pore."""
    irregular_length: Range = (1.5, 14.0)
    irregular_share: Range = (0.0, 0.12)
    width: Range = (1.5, 8.0)
    """Of cracks."""
    cracks: int = 3
    """Most cracks right through the picture."""
    depth: Range = (0.5, 4.0)


def defects(parameters: Defects, size: Size, draw: Draw) -> Scene:
    lattice = Lattice.draw(draw, size, parameters.spacing, jitter=0.45, warp=(0.0, 0.06))
    first, second, grain = lattice.nearest_two(lambda down, along, site: (down * down + along * along).sqrt())
    fine = draw.field(size, 2.0)
    crack = _through(parameters, fine, size, draw) | _along_grains(
        parameters, (second - first) * lattice.spacing, size, draw
    )
    pore = _round(parameters, first, grain, lattice.site_count, draw) | _irregular(parameters, size, draw)
    regions = torch.where(pore, PORE, torch.where(crack, CRACK, SOLID))
    depth = draw.a_picture(parameters.depth)
    tone = torch.where(
        regions == SOLID, pick(draw.normal(lattice.site_count), grain), 0.8 * draw.smooth_field(size, 8.0, 4)
    )
    return Scene(regions, -depth * blur((regions != SOLID).float(), draw.a_picture((0.7, 1.5))), tone)


def _round(parameters: Defects, away: Tensor, site: Tensor, count: int, draw: Draw) -> Tensor:
    radius = draw.a_picture(parameters.radius)[..., 0] * torch.exp(0.35 * draw.normal(count))
    radius = radius * (draw.uniform(count) < draw.a_picture(parameters.share)[..., 0])
    return away < pick(radius, site)


def _irregular(parameters: Defects, size: Size, draw: Draw) -> Tensor:
    length = draw.a_picture(parameters.irregular_length)
    field = draw.field(size, length, draw.a_picture((1.0, 3.0)), draw.a_picture((0.0, math.pi)))
    share = draw.a_picture(parameters.irregular_share).clamp(min=1e-5)
    pore: Tensor = field + 0.5 * draw.field(size, 6 * length.clamp(max=12)) > 1.118 * torch.special.ndtri(1 - share)
    return pore


def _along_grains(parameters: Defects, beside: Tensor, size: Size, draw: Draw) -> Tensor:
    """``beside``: twice the distance to the nearest boundary in pixels."""
    opening = draw.smooth_field(size, 40.0, 8) - draw.a_picture((-0.3, 2.5))
    return beside < draw.a_picture(parameters.width) * 1.5 * torch.tanh(opening)


def _through(parameters: Defects, fine: Tensor, size: Size, draw: Draw) -> Tensor:
    """Wandering lines that start somewhere and narrow to their tips."""
    rows = torch.arange(size[0], device=draw.device)[:, None] - size[0] / 2
    columns = torch.arange(size[1], device=draw.device) - size[1] / 2
    main, wander = draw.a_picture((0.0, math.pi)), draw.smooth_field(size, 24.0, 4)
    crack = torch.zeros_like(wander, dtype=torch.bool)
    for _ in range(parameters.cracks):
        angle = main + draw.a_picture((-0.5, 0.5)) + math.pi / 2 * (draw.uniform(1, 1) < 0.25)
        across = rows * torch.cos(angle) - columns * torch.sin(angle) + draw.a_picture((-0.45, 0.45)) * max(size)
        across = across + draw.a_picture((2.0, 14.0)) * wander + draw.a_picture((0.2, 1.5)) * fine
        along = rows * torch.sin(angle) + columns * torch.cos(angle) + draw.a_picture((-0.4, 0.4)) * max(size)
        reach = 1 - (along / draw.a_picture(LogRange(20.0, 1.2 * max(size)))) ** 2
        width = draw.a_picture(parameters.width) * reach * (draw.uniform(1, 1) < 0.6)
        crack = crack | (across.abs() < 0.5 * torch.where(reach > 0, width.clamp(min=0), 0.0))
    return crack
