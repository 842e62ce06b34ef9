"""A eutectic: a fine mixture of two phases, as rods, labyrinths or plates, around primary crystals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from napari_csunet.training.synthesis.cells import Lattice, pick
from napari_csunet.training.synthesis.dendrites import Dendrites, solidified
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur, level_of_share
from napari_csunet.training.synthesis.lamellae import across_plates
from napari_csunet.training.synthesis.scene import Scene

FIRST, SECOND, PRIMARY = range(3)


@dataclass(frozen=True)
class Eutectic:
    """Lengths in pixels."""

    wavelength: Range = (5.0, 40.0)
    share: Range = (0.2, 0.6)
    """Of the second phase in the mixture."""
    colony: Range = (60.0, 140.0)
    plates: float = 0.5
    """Share of pictures with plates; the others have labyrinths or rods."""
    primary_length: Range = (8.0, 40.0)
    primary_share: Range = (0.05, 0.5)
    halo: Range = (0.0, 0.4)
    """Width of the rim of first phase around primary crystals, in wavelengths."""
    dendritic: bool = False
    """Primary crystals as dendrites instead of rounded ones."""
    relief: Range = (-2.0, 2.0)


def eutectic(parameters: Eutectic, size: Size, draw: Draw) -> Scene:
    wavelength = draw.a_picture(parameters.wavelength)
    lattice = Lattice.draw(draw, size, parameters.colony, jitter=0.48, warp=(0.03, 0.1))
    first, second, colony = lattice.nearest_two(lambda down, along, site: (down * down + along * along).sqrt())
    coarser = 1 + 0.8 * torch.exp(-12 * (second - first))  # the last to freeze
    plates = torch.sin(6.2832 * across_plates(lattice.site_count, colony, size, draw) / wavelength / coarser)
    plates = plates + 0.35 * draw.field(size, 0.35 * wavelength)
    rods = draw.field(size, 0.2 * wavelength)
    rods = rods - blur(rods, 0.3 * wavelength)
    mixture = torch.where(draw.uniform(1, 1) < parameters.plates, plates, rods)
    minor = mixture > level_of_share(mixture, 1 - draw.a_picture(parameters.share))
    if parameters.dendritic:
        arms = replace(Dendrites(), arm_spacing=parameters.primary_length)
        inside = solidified(arms, lattice.site_count, colony, size, draw)
    else:
        length = draw.a_picture(parameters.primary_length)
        inside = draw.field(size, length) + 0.12 * draw.field(size, 0.3 * length)
    inside = inside - level_of_share(inside, 1 - draw.a_picture(parameters.primary_share))
    regions = torch.where(
        inside > 0, PRIMARY, torch.where(minor & (inside < -draw.a_picture(parameters.halo)), SECOND, FIRST)
    )
    height = draw.a_picture(parameters.relief) * blur((regions != FIRST).float(), 0.9)
    tone = pick(draw.normal(lattice.site_count), colony) * (regions != PRIMARY)
    return Scene(regions, height, tone)
