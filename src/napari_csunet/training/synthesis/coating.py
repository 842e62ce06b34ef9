"""Cross-section of a coated part: mount, coating with pores, oxide scale and substrate, from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur, level_of_share
from napari_csunet.training.synthesis.scene import Scene

MOUNT, COATING, OXIDE, SUBSTRATE, PORE = range(5)


@dataclass(frozen=True)
class Coating:
    """Positions are shares of the height of the picture, other lengths pixels."""

    top: Range = (0.12, 0.25)
    bottom: Range = (0.6, 0.78)
    tilt: Range = (-0.12, 0.12)
    roughness: Range = (3.0, 9.0)
    oxide: Range = (6.0, 16.0)
    pore_share: Range = (0.03, 0.09)
    pore_length: Range = (2.5, 5.0)
    pore_stretch: Range = (1.0, 3.0)
    pore_depth: Range = (1.0, 4.0)


def coating(parameters: Coating, size: Size, draw: Draw) -> Scene:
    rows = torch.arange(size[0], device=draw.device)[:, None]
    columns = torch.arange(size[1], device=draw.device)[None, :] - size[1] / 2
    below = rows - draw.a_picture(parameters.tilt) * columns
    surface = below - size[0] * draw.a_picture(parameters.top) + _rough(parameters, size, draw)
    interface = below - size[0] * draw.a_picture(parameters.bottom) + _rough(parameters, size, draw)
    scale = draw.a_picture(parameters.oxide) * (1 + 0.3 * draw.field(size, 9.0))
    regions = torch.where(
        surface < 0, MOUNT, torch.where(interface < 0, COATING, torch.where(interface < scale, OXIDE, SUBSTRATE))
    )
    regions = torch.where(_pores(parameters, size, draw) & (regions == COATING), PORE, regions)
    hollow = ((regions == PORE) | (regions == MOUNT)).float()
    height = -draw.a_picture(parameters.pore_depth) * blur(hollow, 1.2)
    return Scene(regions, height, draw.field(size, 12.0))


def _rough(parameters: Coating, size: Size, draw: Draw) -> Tensor:
    return draw.a_picture(parameters.roughness) * (draw.field(size, 24.0) + 0.35 * draw.field(size, 5.0))


def _pores(parameters: Coating, size: Size, draw: Draw) -> Tensor:
    """Splat-like voids, flattened along the coating, in denser and less dense places."""
    field = draw.field(size, draw.a_picture(parameters.pore_length), draw.a_picture(parameters.pore_stretch))
    field = field + 0.5 * draw.field(size, 30.0)
    return field > level_of_share(field, 1 - draw.a_picture(parameters.pore_share))
