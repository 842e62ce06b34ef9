"""Colonies of parallel plates of two phases, such as pearlite."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import Lattice, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur
from napari_csunet.training.synthesis.scene import Scene


@dataclass(frozen=True)
class Lamellae:
    """Lengths in pixels; the share is that of the plates."""

    colony: Range = (80.0, 160.0)
    wavelength: Range = (7.0, 14.0)
    share: Range = (0.25, 0.45)
    waviness: Range = (0.15, 0.5)
    """How far plates wander, in wavelengths."""
    relief: Range = (1.0, 3.0)


def lamellae(parameters: Lamellae, size: Size, draw: Draw) -> Scene:
    lattice = Lattice.draw(draw, size, parameters.colony, jitter=0.48, warp=(0.03, 0.1))
    _, _, colony = lattice.nearest_two(lambda down, along, site: down * down + along * along)
    wavelength = draw.a_picture(parameters.wavelength)
    phase = across_plates(lattice.site_count, colony, size, draw) / wavelength
    phase = phase + draw.a_picture(parameters.waviness) * draw.field(size, 2.0 * wavelength)
    thickness = draw.a_picture(parameters.share) + 0.07 * draw.field(size, 1.5 * wavelength)
    plate = (phase - phase.floor()) < thickness
    height = draw.a_picture(parameters.relief) * blur(plate.float(), 0.9)
    return Scene(plate.long(), height, pick(draw.normal(lattice.site_count), colony))


def across_plates(count: int, colony: Tensor, size: Size, draw: Draw) -> Tensor:
    """Distance in pixels across the plates of each pixel's colony; tilted plates are cut wider apart."""
    angle, tilt = draw.between((0.0, 2 * math.pi), count), draw.between((0.55, 1.0), count)
    rows = torch.arange(size[0], device=draw.device)[:, None]
    columns = torch.arange(size[1], device=draw.device)[None, :]
    return rows * pick(torch.sin(angle) * tilt, colony) + columns * pick(torch.cos(angle) * tilt, colony)
