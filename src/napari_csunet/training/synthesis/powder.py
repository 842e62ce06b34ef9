"""Powder that covers the picture: particles of any size side by side and on top of each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import Lattice, ShapeDistance, pick
from napari_csunet.training.synthesis.fields import Draw, LogRange, Range, Size
from napari_csunet.training.synthesis.scene import Scene

BACKGROUND, PARTICLE = range(2)
NOWHERE = 1e2


@dataclass(frozen=True)
class Powder:
    """Lengths in pixels; radii are at most one pitch."""

    pitch: Range = (9.0, 150.0)
    """Mean distance from one particle to the next."""
    jitter: float = 0.4
    radius: Range = (0.3, 0.62)
    """Median, in pitches."""
    spread: Range = (0.02, 0.45)
    """Standard deviation of the logarithm of the radius."""
    share: Range = (0.35, 1.0)
    """Of the places that hold a particle."""
    clumping: Range = (0.0, 1.0)
    """0: places are filled at random; 1: in agglomerates."""
    elongation: Range = (0.0, 0.25)
    """Standard deviation of the logarithm of the aspect ratio."""
    aligned: bool = False
    """Whether long particles all lie in much the same direction."""
    squareness: Range = (0.0, 0.9)
    pile: Range = (0.0, 0.8)
    """How far particles lie above each other, in pitches."""
    roughness: Range = (0.003, 0.06)
    """Height of the skin of the particles, in pitches."""


def powder(parameters: Powder, size: Size, draw: Draw) -> Scene:
    lattice = Lattice.draw(draw, size, parameters.pitch, parameters.jitter)
    lowest, _, owner = lattice.nearest_two(_shapes(parameters, lattice, draw))
    covered = lowest < NOWHERE
    skin = draw.a_picture(parameters.roughness) * draw.field(size, 0.05 * lattice.spacing + 0.8)
    ground = draw.a_picture(LogRange(0.001, 0.03)) * draw.field(size, draw.a_picture(LogRange(1.0, 8.0)))
    height = torch.where(covered, (skin - lowest).clamp(min=-1), ground - 0.2) * lattice.spacing
    tone = pick(draw.normal(lattice.site_count).clamp(-2, 2), owner) * covered
    return Scene(covered.long(), height, tone)


def _shapes(parameters: Powder, lattice: Lattice, draw: Draw) -> ShapeDistance:
    """Height of the particles in pitches, below zero, so that the nearest is the uppermost."""
    count = lattice.site_count
    radius = draw.a_picture(parameters.radius)[..., 0] * torch.exp(
        draw.a_picture(parameters.spread)[..., 0] * draw.normal(count)
    )
    radius = radius.clamp(0.08, 0.98) * torch.where(_filled(parameters, lattice, draw), 1.0, 0.0)
    stretch = torch.exp(draw.a_picture(parameters.elongation)[..., 0] * draw.normal(count).abs())
    angle = draw.between((0.0, 0.3 if parameters.aligned else math.pi), count)
    square = draw.a_picture(parameters.squareness)
    floor = draw.a_picture(parameters.pile)[..., 0] * draw.uniform(count)
    flat = draw.a_picture((0.3, 1.2))
    cosine, sine = torch.cos(angle) / radius.clamp(min=1e-3), torch.sin(angle) / radius.clamp(min=1e-3)

    def height_below_zero(down: Tensor, along: Tensor, site: Tensor) -> Tensor:
        c, s, k = pick(cosine, site), pick(sine, site), pick(stretch, site)
        u, v = ((down * c + along * s) * k).square(), (along * c - down * s).square()
        d = torch.lerp(u + v, (u * u + v * v).sqrt(), square)
        body = (1 - d).clamp(min=0).sqrt() * flat * pick(radius, site)
        return torch.where(d < 1, -body - pick(floor, site), NOWHERE)

    return height_below_zero


def _filled(parameters: Powder, lattice: Lattice, draw: Draw) -> Tensor:
    """Which places (b, n) hold a particle."""
    clumping = draw.a_picture(parameters.clumping)
    rank = clumping * draw.field((lattice.side, lattice.side), 1.3) + (1 - clumping) * draw.normal(
        lattice.side, lattice.side
    )
    rank = rank / (clumping**2 + (1 - clumping) ** 2).sqrt()
    filled: Tensor = torch.special.ndtr(rank.flatten(1)) < draw.a_picture(parameters.share)[..., 0]
    return filled
