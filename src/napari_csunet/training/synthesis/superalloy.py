"""Etched nickel superalloy: cuboidal secondary precipitates between matrix channels, tertiary ones in the channels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from napari_csunet.training.synthesis.cells import Lattice, ShapeDistance, counted_through, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur, level_of_share
from napari_csunet.training.synthesis.scene import Scene
from napari_csunet.training.synthesis.stamps import Stamps

MATRIX, SECONDARY, TERTIARY = range(3)


@dataclass(frozen=True)
class Superalloy:
    """Lengths in pixels, shares of the area of the picture."""

    spacing: Range = (58.0, 96.0)
    secondary_share: Range = (0.46, 0.6)
    tertiary_share: Range = (0.01, 0.026)
    tertiary_radius: Range = (1.5, 4.2)
    cuboidality: Range = (0.2, 1.0)
    channel: Range = (3.0, 8.0)
    lobes: Range = (0.6, 2.6)
    missing: float = 0.12
    etch_depth: Range = (2.0, 5.0)
    aligned: bool = False
    """Cuboids in rows, as after a slow heat treatment; else shapes of any kind."""
    rafting: Range = (1.0, 1.0)
    """How much longer aligned cuboids are along their rows."""


def superalloy(parameters: Superalloy, size: Size, draw: Draw) -> Scene:
    if parameters.aligned:
        outside, tone = _cuboids(parameters, size, draw)
    else:
        outside, tone = _secondary(parameters, size, draw)
        outside = outside - level_of_share(outside, draw.a_picture(parameters.secondary_share))
    tertiary = _tertiary(parameters, outside, size, draw)
    regions = torch.where(outside < 0, SECONDARY, torch.where(tertiary < 0, TERTIARY, MATRIX))
    etched = (regions == SECONDARY) + 0.5 * (regions == TERTIARY)
    height = -draw.a_picture(parameters.etch_depth) * blur(etched, draw.a_picture((0.9, 2.0)))
    return Scene(regions, height, tone * (regions == SECONDARY))


def _secondary(parameters: Superalloy, size: Size, draw: Draw) -> tuple[Tensor, Tensor]:
    """Distance in pixels to the secondary precipitates, negative inside, and their tone; both (b, h, w).

    A channel runs where two shapes are equally near. Its width varies; where it falls below 0 the two have coalesced,
    which leaves the inlets and lobes that are seen in real alloys. The outlines are smooth: every second pixel is made.
    """
    coarse = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    low, high = parameters.spacing
    lattice = Lattice.draw(draw, coarse, (low / 2, high / 2), jitter=0.38, warp=(0.03, 0.12))
    first, second, owner = lattice.nearest_two(_shapes(parameters, lattice.site_count, draw))
    spacing = 2 * lattice.spacing
    gap = draw.a_picture(parameters.channel) * (1 + 1.2 * draw.field(coarse, 0.3 * lattice.spacing))
    rough = draw.a_picture(parameters.lobes) * draw.field(coarse, 0.11 * lattice.spacing)
    outside = torch.maximum(first * spacing + rough, (first - second) * spacing / 2 + gap / 2)
    tone = pick(draw.normal(lattice.site_count), owner)
    fine = interpolate(torch.stack([blur(outside, 0.052 * lattice.spacing), tone], 1), size, mode="bilinear")
    return fine[:, 0], fine[:, 1]


def _cuboids(parameters: Superalloy, size: Size, draw: Draw) -> tuple[Tensor, Tensor]:
    """As ``_secondary``, for shapes on a lattice that fill it but for channels of much the same width."""
    lattice = Lattice.draw(draw, size, parameters.spacing, jitter=0.2, warp=(0.0, 0.08))
    raft = draw.a_picture(parameters.rafting)
    lattice = replace(lattice, along=lattice.side / 2 + (lattice.along - lattice.side / 2) / raft)
    corner = draw.a_picture(parameters.cuboidality).clamp(0, 1)
    weight = 0.08 * draw.normal(lattice.site_count)

    def distance(down: Tensor, along: Tensor, site: Tensor) -> Tensor:
        u, v = down.square(), (along * raft).square()
        square = (u.square().square() + v.square().square()).sqrt().sqrt().sqrt()
        return torch.lerp((u + v).sqrt(), square, corner) - pick(weight, site)

    first, second, owner = lattice.nearest_two(distance)
    channel = draw.a_picture(parameters.channel).clamp(max=0.4 * lattice.spacing)
    lobes = torch.minimum(draw.a_picture(parameters.lobes), 0.25 * channel)
    rough = lobes * draw.field(size, 0.1 * lattice.spacing)
    reach = first - draw.a_picture((0.5, 0.62)) * raft
    outside = torch.maximum(reach, (first - second) / 2) * lattice.spacing + channel / 2 + rough
    rounding = torch.minimum(0.04 * lattice.spacing, 0.3 * channel)  # more would close the channels
    return blur(outside, rounding), pick(draw.normal(lattice.site_count), owner)


def _shapes(parameters: Superalloy, count: int, draw: Draw) -> ShapeDistance:
    """Distance, in cells, to shapes between ellipses and squares with round corners."""
    half = 0.5 * torch.exp(0.28 * draw.normal(count))
    half = torch.where(draw.uniform(count) < parameters.missing, 0.1, half).clamp(0.1, 0.95)
    aspect = torch.exp(0.36 * draw.normal(count))
    square = draw.between(parameters.cuboidality, count)

    def distance(down: Tensor, along: Tensor, site: Tensor) -> Tensor:
        ratio = pick(aspect, site)
        u, v = down * down * ratio, along * along / ratio
        return torch.lerp((u + v).sqrt(), (u * u + v * v).sqrt().sqrt(), pick(square, site)) - pick(half, site)

    return distance


def _tertiary(parameters: Superalloy, outside: Tensor, size: Size, draw: Draw) -> Tensor:
    """Distance in pixels to the tertiary precipitates: little spheres in clusters, clear of the secondary ones."""
    low, high = parameters.tertiary_radius
    centres = _candidates(2 * high + 1, size, draw)
    index = centres[..., 0].long() * size[1] + centres[..., 1].long()
    index = counted_through(index, size[0] * size[1])
    radius = low + (high - low) * draw.uniform(centres.shape[1]) ** 1.7
    room = pick(outside.flatten(1), index)
    crowd = pick(draw.field(size, 26.0).flatten(1), index)
    score = crowd + 0.45 * draw.normal(centres.shape[1]) - 100 * torch.relu(radius + 2.5 - room)
    kept = _best_until(score, radius, draw.a_picture(parameters.tertiary_share) * size[0] * size[1])
    stamps = Stamps.around(centres, int(high + 4), size)
    away = (stamps.down**2 + stamps.along**2).sqrt() - torch.where(kept, radius, -9.0)[..., None, None]
    return stamps.lowest(away, empty=9.0)


def _candidates(pitch: float, size: Size, draw: Draw) -> Tensor:
    """One place in each cell of a grid, so that no two are close; (b, n, 2)."""
    rows, columns = (int(length / pitch) for length in size)
    ticks = torch.meshgrid(
        torch.arange(rows, device=draw.device), torch.arange(columns, device=draw.device), indexing="ij"
    )
    corners = torch.stack(ticks, -1).flatten(0, 1)
    return (corners + 0.5 + 0.3 * (2 * draw.uniform(rows * columns, 2) - 1)) * pitch


def _best_until(score: Tensor, radius: Tensor, area: Tensor) -> Tensor:
    """Which discs (b, n), taken from the best score on, are needed to cover the area (b, 1, 1)."""
    order = score.argsort(1, descending=True)
    covered = (torch.pi * radius.gather(1, order) ** 2).cumsum(1)
    wanted = (covered <= area[:, 0]) & (score.gather(1, order) > -20)
    return torch.zeros_like(wanted).scatter(1, order, wanted)
