"""Dendrites of a casting: trunks with arms, of one orientation in each grain, and what froze last between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import Lattice, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur, level_of_share
from napari_csunet.training.synthesis.scene import Scene

INTERDENDRITIC, DENDRITE = range(2)


@dataclass(frozen=True)
class Dendrites:
    grain: Range = (120.0, 300.0)
    """Pixels."""
    arm_spacing: Range = (7.0, 45.0)
    """Pixels from one secondary arm to the next."""
    trunk_spacing: Range = (2.0, 6.0)
    """In spacings of the arms."""
    share: Range = (0.3, 0.8)
    lean: Range = (0.0, 0.6)
    """Slope of the arms against the trunk's normal."""
    irregularity: Range = (0.04, 0.16)
    depth: Range = (-3.0, 3.0)
    rosette: Range | None = None
    """Pixels between trunks that are cut across, so that their arms form crosses; None for trunks cut along."""


def dendrites(parameters: Dendrites, size: Size, draw: Draw) -> Scene:
    lattice = Lattice.draw(draw, size, parameters.grain, jitter=0.48, warp=(0.02, 0.08))
    _, _, grain = lattice.nearest_two(lambda down, along, site: down * down + along * along)
    if parameters.rosette:
        level = _rosettes(parameters, parameters.rosette, size, draw)
    else:
        level = solidified(parameters, lattice.site_count, grain, size, draw)
    solid = level > level_of_share(level, 1 - draw.a_picture(parameters.share))
    height = draw.a_picture(parameters.depth) * blur(solid.float(), draw.a_picture((0.8, 3.0)))
    coring = torch.tanh(blur(level, 1.5)) * solid
    return Scene(
        solid.long(), height, pick(draw.normal(lattice.site_count), grain) + draw.a_picture((0.0, 2.0)) * coring
    )


def solidified(parameters: Dendrites, count: int, grain: Tensor, size: Size, draw: Draw) -> Tensor:
    """How early each pixel froze: highest on trunks, then on arms; (b, h, w)."""
    spacing = draw.a_picture(parameters.arm_spacing)
    angle = pick(draw.between((0.0, 2 * math.pi), count), grain)
    rows = torch.arange(size[0], device=draw.device)[:, None] / spacing
    columns = torch.arange(size[1], device=draw.device) / spacing
    wander = 0.4 * draw.field(size, 3.5 * spacing)
    x = rows * torch.cos(angle) - columns * torch.sin(angle) + wander
    y = rows * torch.sin(angle) + columns * torch.cos(angle) + wander
    trunks = draw.a_picture(parameters.trunk_spacing)
    lane = (y / trunks).floor()
    off = (y / trunks - lane - 0.5) * 2  # −1 to 1 from one side of the trunk to the other
    offset = pick(draw.uniform(count * 16), (grain * 16 + lane.long().remainder(16)))
    arms = x + off.abs() * trunks / 2 * draw.a_picture(parameters.lean) + offset + 0.5 * (off > 0)
    arm = torch.cos(2 * math.pi * arms) * (1.0 - 0.7 * off.abs())
    trunk = 1.6 * torch.exp(-((off * trunks / 0.7) ** 2))
    return torch.maximum(arm, trunk) + draw.a_picture(parameters.irregularity) * 2 * draw.field(size, 0.25 * spacing)


def _rosettes(parameters: Dendrites, spacing: Range, size: Size, draw: Draw) -> Tensor:
    """As ``solidified``, across the trunks: four arms each, with ripples where arms of higher order begin."""
    lattice = Lattice.draw(draw, size, spacing, jitter=0.3, warp=(0.0, 0.06))
    reach, ripple = draw.a_picture((0.15, 0.5)), draw.a_picture((0.0, 0.06))
    order = draw.a_picture((4.0, 8.0)) * math.pi

    def distance(down: Tensor, along: Tensor, site: Tensor) -> Tensor:
        u, v = down * down, along * along
        fourfold = (u * u - 6 * u * v + v * v) / (u + v + 1e-6).square()
        arms = ripple * torch.cos(order * down) * torch.cos(order * along)
        return (u + v).sqrt() * (1 - reach * fourfold) + arms

    first, _, _ = lattice.nearest_two(distance)
    return 0.45 - first + 0.5 * draw.a_picture(parameters.irregularity) * draw.field(size, 0.08 * lattice.spacing)
