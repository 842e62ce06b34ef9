"""Etched polycrystal: grains whose brightness depends on their orientation, and the grooves of their boundaries."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import Lattice, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur
from napari_csunet.training.synthesis.scene import Scene

GRAIN, BOUNDARY = range(2)


@dataclass(frozen=True)
class Grains:
    """Lengths in pixels."""

    spacing: Range = (26.0, 60.0)
    weight: float = 0.12
    """How much the sizes of grains differ, in spacings."""
    boundary: Range = (1.6, 3.2)
    groove: Range = (1.0, 4.0)
    relief: Range = (0.0, 0.04)


def grains(parameters: Grains, size: Size, draw: Draw) -> Scene:
    lattice = Lattice.draw(draw, size, parameters.spacing, jitter=0.42, warp=(0.0, 0.04))
    weight = parameters.weight * draw.normal(lattice.site_count).clamp(-2, 2)

    def distance(down: Tensor, along: Tensor, site: Tensor) -> Tensor:
        return (down * down + along * along).sqrt() - pick(weight, site)

    _, _, owner = lattice.nearest_two(distance)
    boundary = boundary_lines(owner, draw.a_picture(parameters.boundary))
    regions = torch.where(boundary, BOUNDARY, GRAIN)
    tone = pick(draw.normal(lattice.site_count).clamp(-2, 2), owner)
    groove = -draw.a_picture(parameters.groove) * blur(boundary.float(), 0.8)
    height = groove + draw.a_picture(parameters.relief) * blur(tone, 1.5) * lattice.spacing
    return Scene(regions, height, tone * ~boundary)


def boundary_lines(owner: Tensor, width: Tensor) -> Tensor:
    """Where the owner (b, h, w) changes, widened: a line blurred by 1 pixel and cut where it is ``width`` wide."""
    change = (owner != owner.roll(1, -1)) | (owner != owner.roll(1, -2))
    return blur(change.float(), 1.0) > 0.4 * torch.exp(-(width**2) / 8)
