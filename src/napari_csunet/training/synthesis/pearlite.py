"""Hypoeutectoid steel: ferrite, as grains and along the former austenite boundaries, and colonies of pearlite."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from napari_csunet.training.synthesis.cells import Lattice, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur
from napari_csunet.training.synthesis.grains import boundary_lines
from napari_csunet.training.synthesis.lamellae import across_plates
from napari_csunet.training.synthesis.scene import Scene

FERRITE, PEARLITE = range(2)


@dataclass(frozen=True)
class Pearlite:
    """Lengths in pixels."""

    grain: Range = (40.0, 90.0)
    ferrite_share: Range = (0.1, 0.8)
    """Of the grains."""
    allotriomorph: Range = (0.0, 0.2)
    """Width of the ferrite along boundaries, in grains."""
    wavelength: Range = (3.0, 14.0)
    cementite_share: Range = (0.2, 0.5)
    depth: Range = (-2.0, 2.0)


def pearlite(parameters: Pearlite, size: Size, draw: Draw) -> Scene:
    lattice = Lattice.draw(draw, size, parameters.grain, jitter=0.45, warp=(0.02, 0.08))
    first, second, grain = lattice.nearest_two(lambda down, along, site: (down * down + along * along).sqrt())
    ferritic = draw.uniform(lattice.site_count) < draw.a_picture(parameters.ferrite_share)[..., 0]
    width = draw.a_picture(parameters.allotriomorph)
    width = torch.where(width * lattice.spacing > 2.0, width, 0.0)  # thinner ones cannot be seen
    along_boundary = second - first < width * (1 + 0.3 * draw.field(size, 0.15 * lattice.spacing))
    regions = torch.where(pick(ferritic, grain) | along_boundary, FERRITE, PEARLITE)
    wavelength = draw.a_picture(parameters.wavelength)
    phase = across_plates(lattice.site_count, grain, size, draw) / wavelength
    phase = phase + draw.a_picture((0.1, 0.6)) * draw.field(size, 2.5 * wavelength)
    share = draw.a_picture(parameters.cementite_share) + 0.06 * draw.field(size, 2 * wavelength)
    plate = ((phase - phase.floor()) < share) & (regions == PEARLITE)
    tone = 0.5 * pick(draw.normal(lattice.site_count), grain) - draw.a_picture((0.7, 2.0)) * plate
    grooves = boundary_lines(grain, draw.a_picture((1.2, 2.5))) & (regions == FERRITE)
    height = draw.a_picture(parameters.depth) * blur(plate.float(), 0.7) - blur(grooves.float(), 0.7)
    return Scene(regions, height, tone - grooves * draw.a_picture((0.0, 3.0)))
