"""Polycrystal seen by orientation contrast: grains of any size, annealing twins, boundaries etched or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import Lattice, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur
from napari_csunet.training.synthesis.grains import boundary_lines
from napari_csunet.training.synthesis.scene import Scene

GRAIN, TWIN, BOUNDARY = range(3)


@dataclass(frozen=True)
class Twins:
    spacing: Range = (30.0, 60.0)
    """Pixels between the centres of grains."""
    weight: Range = (0.0, 0.25)
    """Standard deviation of the grains' radii, in spacings (additively weighted Voronoi cells)."""
    boundary: Range = (1.5, 3.0)
    """Width in pixels."""
    twinned: Range = (0.2, 0.9)
    """Share of the grains with twins."""
    twin_width: Range = (0.08, 0.4)
    """In spacings."""
    groove: Range = (0.0, 3.0)
    """Depth in pixels of etched boundaries."""


def twins(parameters: Twins, size: Size, draw: Draw) -> Scene:
    lattice = Lattice.draw(draw, size, parameters.spacing, jitter=0.45, warp=(0.0, 0.05))
    weight = draw.a_picture(parameters.weight)[..., 0] * draw.normal(lattice.site_count).clamp(-2, 2)

    def distance(down: Tensor, along: Tensor, site: Tensor) -> Tensor:
        return (down * down + along * along).sqrt() - pick(weight, site)

    _, _, owner = lattice.nearest_two(distance)
    twin = _bands(parameters, lattice, owner, draw)
    boundary = boundary_lines(owner, draw.a_picture(parameters.boundary))
    tones = draw.normal(lattice.site_count).clamp(-2, 2)
    apart = tones + torch.where(tones > 0, -1.0, 1.0) * draw.between((0.8, 2.2), lattice.site_count)
    tone = torch.where(twin, pick(apart, owner), pick(tones, owner))
    groove = draw.a_picture(parameters.groove) * (draw.uniform(1, 1) < 0.6)
    regions = torch.where(boundary, BOUNDARY, torch.where(twin, TWIN, GRAIN))
    return Scene(regions, -groove * blur(boundary.float(), 0.8), tone * ~boundary)


def _bands(parameters: Twins, lattice: Lattice, owner: Tensor, draw: Draw) -> Tensor:
    """Straight parallel bands right across a grain, one orientation in each."""
    count = lattice.site_count
    angle = draw.between((0.0, math.pi), count)
    across = lattice.down * pick(torch.sin(angle), owner) + lattice.along * pick(torch.cos(angle), owner)
    period = draw.between((0.5, 1.3), count)
    phase = across / pick(period, owner) + pick(draw.uniform(count), owner)
    share = draw.between(parameters.twin_width, count) / period
    share = share.clamp(max=0.45) * (draw.uniform(count) < draw.a_picture(parameters.twinned)[..., 0])
    return phase - phase.floor() < pick(share, owner)
