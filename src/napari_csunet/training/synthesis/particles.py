"""Particles on a substrate: spheres or faceted crystals, alone, touching or in agglomerates."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import counted_through, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size
from napari_csunet.training.synthesis.scene import Scene
from napari_csunet.training.synthesis.stamps import Stamps

BACKGROUND, PARTICLE = range(2)
BURIED = -1e3


@dataclass(frozen=True)
class Particles:
    """Lengths in pixels."""

    radius: Range = (9.0, 18.0)
    """Median radius of the particles of a picture."""
    spread: Range = (0.12, 0.4)
    """Standard deviation of the logarithm of the radius."""
    smallest: float = 4.0
    largest: float = 32.0
    area_share: Range = (0.15, 0.5)
    """Sum of the particles' areas, overlaps counted twice, over that of the picture."""
    agglomerate: int = 7
    """Most particles in one agglomerate."""
    alone: float = 0.35
    faceted: float = 0.5
    """Share of pictures with crystals instead of spheres."""
    facets: int = 6
    roughness: Range = (0.0, 0.35)
    substrate: Range = (0.05, 0.4)


@dataclass(frozen=True)
class Placed:
    """Particles that lie somewhere: centres (b, n, 2), radii (b, n), heights above the substrate (b, n)."""

    centres: Tensor
    radius: Tensor
    floor: Tensor

    def ranks(self, order: Tensor) -> Placed:
        pairs = order[..., None].expand(-1, -1, 2)
        return Placed(self.centres.gather(1, pairs), self.radius.gather(1, order), self.floor.gather(1, order))


def particles(parameters: Particles, size: Size, draw: Draw) -> Scene:
    placed = _agglomerates(parameters, size, draw)
    order = placed.radius.argsort(1, descending=True)[:, : _most(parameters, size)]
    large, small = (placed.ranks(part) for part in order.tensor_split([order.shape[1] // 6], 1))
    # The many small ones get small squares: what takes time is the area of the squares.
    small = replace(small, radius=small.radius.clamp(max=parameters.largest / 2))
    faceted = draw.uniform(1, 1, 1) < parameters.faceted
    top, owner = _uppermost(parameters, size, draw, large, parameters.largest, faceted)
    top_of_small, owner_of_small = _uppermost(parameters, size, draw, small, parameters.largest / 2, faceted)
    owner = torch.where(top_of_small > top, owner_of_small + large.radius.shape[1], owner)
    regions = torch.where(owner >= 0, PARTICLE, BACKGROUND)
    ground = draw.a_picture(parameters.substrate) * draw.field(size, draw.a_picture((1.0, 6.0)))
    skin = draw.a_picture(parameters.roughness) * draw.field(size, 1.6)
    count = order.shape[1]
    tone = pick(draw.normal(count), counted_through(owner.clamp(min=0), count)) * regions
    return Scene(regions, torch.where(owner >= 0, torch.maximum(top, top_of_small) + skin, ground), tone)


def _most(parameters: Particles, size: Size) -> int:
    """As many particles of the smallest median radius as cover the largest share."""
    return max(12, math.ceil(parameters.area_share[1] * size[0] * size[1] / (math.pi * parameters.radius[0] ** 2)))


def _uppermost(
    parameters: Particles, size: Size, draw: Draw, placed: Placed, reach: float, faceted: Tensor
) -> tuple[Tensor, Tensor]:
    """Height of the uppermost particle at each pixel and its number, −1 on the substrate; (b, h, w)."""
    stamps = Stamps.around(placed.centres, math.ceil(reach) + 1, size)
    height = torch.where(faceted, _crystals(parameters, stamps, placed.radius, draw), _spheres(stamps, placed.radius))
    return stamps.highest(height + placed.floor[..., None, None], empty=BURIED / 2)


def _agglomerates(parameters: Particles, size: Size, draw: Draw) -> Placed:
    """Groups in which each member touches or overlaps an earlier one; radius 0 means not there."""
    groups, members = max(1, _most(parameters, size) // 3), parameters.agglomerate
    median, spread = draw.a_picture(parameters.radius), draw.a_picture(parameters.spread)
    radius = (median * torch.exp(spread * draw.normal(groups, members))).clamp(parameters.smallest, parameters.largest)
    spread_out = torch.ones(groups, 1, device=draw.device)
    spread_out[0] = 0.5  # the first one lies well within the picture, so that no picture is empty
    places = [(0.5 + spread_out * (draw.uniform(groups, 2) - 0.5)) * torch.tensor(size, device=draw.device)]
    floors = [torch.zeros_like(radius[..., 0])]
    for i in range(1, members):
        parent = (draw.uniform(groups) * i).long()[..., None]
        reach = (radius[..., i] + radius.gather(2, parent)[..., 0]) * draw.between((0.72, 1.04), groups)
        angle = draw.between((0.0, 2 * math.pi), groups)
        start = torch.stack(places, 2).gather(2, parent[..., None].expand(-1, -1, -1, 2))[:, :, 0]
        places.append(start + reach[..., None] * torch.stack([torch.sin(angle), torch.cos(angle)], -1))
        floors.append(
            torch.stack(floors, 2).gather(2, parent)[..., 0] + 0.5 * median[..., 0] * draw.normal(groups).abs()
        )
    there = _within_area(radius, draw.a_picture(parameters.area_share) * size[0] * size[1], parameters, draw)
    return Placed(torch.stack(places, 2).flatten(1, 2), (radius * there).flatten(1), torch.stack(floors, 2).flatten(1))


def _within_area(radius: Tensor, area: Tensor, parameters: Particles, draw: Draw) -> Tensor:
    """Which members (b, groups, members) there are: random groups until their areas add up, the first always."""
    groups, members = radius.shape[1:]
    count = torch.where(draw.uniform(groups) < parameters.alone, 1.0, 1 + draw.uniform(groups) * members)
    there = torch.arange(members, device=radius.device) < count.floor()[..., None]
    covered = (math.pi * radius**2 * there).sum(2).cumsum(1)
    first = torch.arange(groups, device=radius.device) == 0
    return there & (first | (covered <= area[:, 0]))[..., None]


def _spheres(stamps: Stamps, radius: Tensor) -> Tensor:
    rest = radius[..., None, None] ** 2 - stamps.down**2 - stamps.along**2
    return torch.where(rest > 0, radius[..., None, None] + rest.clamp(min=0).sqrt(), BURIED)


def _crystals(parameters: Particles, stamps: Stamps, radius: Tensor, draw: Draw) -> Tensor:
    """Convex crystals: steep facets around a flat, slightly tilted top."""
    number = radius.shape[1]
    corners = 4 + (draw.uniform(1) * (parameters.facets - 3)).floor()
    irregular = draw.between((0.1, 0.7), 1)
    turn = draw.between((0.0, 2 * math.pi), number)
    outline = torch.full_like(stamps.down, 1e3)
    body = _tilted(stamps, draw.uniform(number) * 2 * math.pi, draw.between((0.0, 0.35), number))
    body = body + (radius * draw.between((0.25, 0.7), number))[..., None, None]
    for k in range(parameters.facets):
        angle = turn + (2 * math.pi * k + irregular * draw.normal(number)) / corners
        side = radius * (0.93 - 0.5 * irregular * draw.uniform(number))
        depth = side[..., None, None] - _tilted(stamps, angle, torch.ones_like(angle))
        outline = torch.minimum(outline, depth)
        body = torch.minimum(body, depth * draw.between((0.7, 2.2), number)[..., None, None])
    near = stamps.down**2 + stamps.along**2 < (1.15 * radius[..., None, None]) ** 2
    return torch.where((outline > 0) & near, 0.4 * radius[..., None, None] + body, BURIED)


def _tilted(stamps: Stamps, angle: Tensor, slope: Tensor) -> Tensor:
    """A plane through each centre that rises along an angle (b, n)."""
    return (
        stamps.down * (slope * torch.sin(angle))[..., None, None]
        + stamps.along * (slope * torch.cos(angle))[..., None, None]
    )
