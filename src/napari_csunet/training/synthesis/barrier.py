"""Cross-section of an environmental barrier coating: mount, top coat, thermally grown oxide with cracks, bond coat."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import counted_through, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur
from napari_csunet.training.synthesis.scene import Scene

MOUNT, TOP_COAT, OXIDE, BOND_COAT, CRACK = range(5)


@dataclass(frozen=True)
class Barrier:
    """Lengths are in thicknesses of the oxide where no unit is given. Pores belong to the layer they lie in."""

    oxide: Range = (10.0, 170.0)
    """Thickness in pixels."""
    place: Range = (0.1, 0.9)
    """Where the middle of the oxide lies, as a share of the height of the picture."""
    tilt: Range = (-0.25, 0.25)
    waviness: Range = (0.03, 0.25)
    roughness: Range = (0.02, 0.14)
    """Of the interface to the top coat; that to the bond coat has a third of it."""
    top_coat: Range = (0.5, 40.0)
    without_top_coat: float = 0.15
    pore_length: Range = (0.03, 0.12)
    pore_stretch: Range = (1.0, 3.0)
    pore_shares: tuple[Range, Range, Range, Range] = ((0.0, 0.0), (0.01, 0.16), (0.005, 0.08), (0.002, 0.03))
    """Of mount, top coat, oxide and bond coat."""
    crack_spacing: Range = (0.5, 4.0)
    crack_width: Range = (1.2, 7.0)
    """Pixels."""
    delamination: Range = (-0.3, 2.5)
    """How many standard deviations a place must differ for the oxide to come off the bond coat there."""


@dataclass(frozen=True, eq=False)
class Depths:
    """Where each pixel lies, in thicknesses of the oxide; (b, h, w)."""

    along: Tensor
    below_surface: Tensor
    below_top_coat: Tensor
    below_oxide: Tensor


def barrier(parameters: Barrier, size: Size, draw: Draw) -> Scene:
    thickness = draw.a_picture(parameters.oxide)
    fine = draw.field(size, 0.12 * thickness)
    depths = _depths(parameters, thickness, fine, size, draw)
    layers = torch.where(depths.below_top_coat < 0, TOP_COAT, torch.where(depths.below_oxide < 0, OXIDE, BOND_COAT))
    layers = torch.where((depths.below_surface < 0) & (layers == TOP_COAT), MOUNT, layers)
    crack = _cracks(parameters, thickness, depths, fine, size, draw) & (layers == OXIDE)
    hollow = _pores(parameters, thickness, layers, depths, size, draw) | _delaminated(
        parameters, thickness, depths, size, draw
    )
    hollow = hollow & ~crack
    wisps = draw.field(size, 0.4 * thickness, 2.5) + draw.a_picture((0.1, 0.5)) * fine
    wisps = (layers == TOP_COAT) & (wisps.abs() < draw.a_picture((0.0, 0.4)))
    specks = (depths.below_oxide.abs() * thickness < 1.5) & (fine > draw.a_picture((0.8, 3.0)))
    tone = 3.0 * specks - 3.0 * wisps + 0.7 * fine * wisps
    height = -draw.a_picture((0.5, 3.0)) * blur((hollow | crack).float(), 0.9)
    return Scene(torch.where(crack, CRACK, layers), height, tone, blur(hollow.float(), 0.5).clamp(0, 1))


def _depths(parameters: Barrier, thickness: Tensor, fine: Tensor, size: Size, draw: Draw) -> Depths:
    """The interfaces share their long waves."""
    rows = torch.arange(size[0], device=draw.device)[:, None]
    columns = torch.arange(size[1], device=draw.device)[None, :] - size[1] / 2
    tilt = draw.a_picture(parameters.tilt)
    middle = (rows - tilt * columns - size[0] * draw.a_picture(parameters.place)) / thickness
    waves = draw.a_picture(parameters.waviness) * draw.field(size, 1.2 * thickness)
    rough = draw.a_picture(parameters.roughness) * (
        draw.field(size, 0.3 * thickness) + 0.5 * fine + 0.25 * draw.field(size, (0.04 * thickness).clamp(min=0.8))
    )
    top, bottom = middle + 0.5 + waves + rough, middle - 0.5 + 0.6 * waves + 0.3 * rough
    there = draw.uniform(1, 1) > parameters.without_top_coat
    remnants = 0.08 * (draw.field(size, 0.6 * thickness) - 1)
    coat = torch.where(there, draw.a_picture(parameters.top_coat), remnants)
    return Depths((columns + tilt * rows) / thickness, top + coat + 0.5 * waves + rough, top, bottom)


def _cracks(
    parameters: Barrier, thickness: Tensor, depths: Depths, fine: Tensor, size: Size, draw: Draw, count: int = 64
) -> Tensor:
    """Lines through the oxide from the top coat on, one in a cell of the crack spacing; some end half-way."""
    spacing = draw.a_picture(parameters.crack_spacing)
    wander = draw.a_picture((0.03, 0.25)) * draw.field(size, 0.35 * thickness) + 0.015 * fine
    cell = (depths.along + wander) / spacing + 31.5
    number = counted_through(cell.floor().long().remainder(count), count)
    away = (cell - cell.floor() - pick(draw.between((0.2, 0.8), count), number)).abs() * spacing * thickness
    width = draw.a_picture(parameters.crack_width).clamp(max=0.12 * thickness).clamp(min=1.2)
    width = width * pick(draw.between((0.5, 1.2), count), number) * (1 + 0.35 * fine).clamp(min=0.3)
    return (away < 0.5 * width) & (depths.below_top_coat < pick(draw.between((0.2, 1.8), count), number))


def _pores(parameters: Barrier, thickness: Tensor, layers: Tensor, depths: Depths, size: Size, draw: Draw) -> Tensor:
    """Large and small voids flattened along the layers; each layer has a share of its own, its upper edge more."""
    length = (draw.a_picture(parameters.pore_length) * thickness).clamp(min=1.0)
    fine = draw.field(size, length, draw.a_picture(parameters.pore_stretch))
    coarse = draw.field(size, 4 * length, draw.a_picture(parameters.pore_stretch))
    weight = torch.where(layers == TOP_COAT, draw.a_picture((0.2, 0.9)), 0.3)  # the top coat has large ones
    field = (fine * (1 - weight) + coarse * weight) / ((1 - weight) ** 2 + weight**2).sqrt()
    small = draw.field(size, (0.35 * length).clamp(min=0.8), draw.a_picture((1.0, 1.6)))
    shares = torch.cat([draw.between(limits, 1) for limits in parameters.pore_shares], 1)
    level = pick(torch.special.ndtri(1 - shares.clamp(min=1e-5)), counted_through(layers, 4))
    at_edge = draw.a_picture((-0.5, 1.5)).clamp(min=0) * torch.exp(-((depths.below_top_coat / 0.12) ** 2))
    void: Tensor = (field > level - at_edge) | (small > level + draw.a_picture((0.0, 1.0)))
    return void


def _delaminated(parameters: Barrier, thickness: Tensor, depths: Depths, size: Size, draw: Draw) -> Tensor:
    """Where a gap runs along the bond coat, wider the further it opened."""
    opening = draw.field(size, 1.0 * thickness) - draw.a_picture(parameters.delamination)
    return depths.below_oxide.abs() < 0.05 * opening
