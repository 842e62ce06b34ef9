"""Needles, laths and fibres that cross each other, in any or in a few directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.cells import counted_through, pick
from napari_csunet.training.synthesis.fields import Draw, Range, Size
from napari_csunet.training.synthesis.scene import Scene

MATRIX, NEEDLE = range(2)


@dataclass(frozen=True)
class Needles:
    """Lengths in pixels."""

    width: Range = (2.5, 26.0)
    aspect: Range = (3.0, 40.0)
    share: Range = (0.25, 0.9)
    """Of the places in each layer that hold a needle."""
    crowding: Range = (1.3, 5.0)
    """Distance between places across the needles, in widths."""
    layers: int = 4
    tapered: Range = (0.0, 1.0)
    """0: rods; 1: lenses that end in points."""
    bending: Range = (0.0, 0.8)
    """How far needles wander, in widths."""


def needles(parameters: Needles, size: Size, draw: Draw) -> Scene:
    width = draw.a_picture(parameters.width)
    bend = draw.a_picture(parameters.bending) * width * draw.field(size, 3 * width)
    rough = 0.06 * draw.field(size, 0.4 * width)
    main, few = draw.uniform(1, 1) * math.pi, draw.uniform(1, 1) < 0.5
    top = torch.zeros_like(bend)
    tone = torch.zeros_like(bend)
    for i in range(parameters.layers):
        angle = torch.where(few, main + math.pi * i / 3, draw.a_picture((0.0, math.pi)))
        height, own = _layer(parameters, width * draw.a_picture((0.5, 1.5)), angle, bend, rough, draw)
        over = height > 0
        top = torch.where(over, torch.maximum(height, 0.4 * top + height), top)
        tone = torch.where(over, own, tone)
    return Scene((top > 0).long(), top * width * draw.a_picture((0.0, 0.6)), tone)


def _layer(
    parameters: Needles, width: Tensor, angle: Tensor, bend: Tensor, rough: Tensor, draw: Draw, count: int = 4096
) -> tuple[Tensor, Tensor]:
    """Height of the needles of one direction, in widths and below zero outside, and their tone; (b, h, w)."""
    rows = torch.arange(bend.shape[1], device=draw.device)[:, None] - 37.0
    columns = torch.arange(bend.shape[2], device=draw.device) + 11.0
    pitch = width * draw.a_picture(parameters.crowding)
    length = width * draw.a_picture(parameters.aspect)
    across = (rows * torch.cos(angle) - columns * torch.sin(angle) + bend) / pitch + 500
    lane = across.floor()
    along = (rows * torch.sin(angle) + columns * torch.cos(angle)) / (1.15 * length) + 500 + 0.618 * lane
    site = counted_through((lane * 61 + along.floor() * 7).long().remainder(count), count)
    share = draw.a_picture(parameters.share)[..., 0]
    size = draw.between((0.55, 1.0), count) * (draw.uniform(count) < share)
    x = (along - along.floor() - 0.5) * 2 / pick(size, site).clamp(min=1e-3)
    shift = (1 - width / pitch)[..., 0] * (draw.uniform(count) - 0.5)
    y = (across - lane - 0.5 - pick(shift, site)) * pitch / width * 2
    half = torch.lerp(
        (1 - x.abs() ** 12).clamp(min=0).sqrt(), (1 - x * x).clamp(min=0), draw.a_picture(parameters.tapered)
    )
    body = half * pick(draw.between((0.6, 1.0), count), site) + rough * (half > 0) - y.abs()
    return body / 2, pick(draw.normal(count).clamp(-2, 2), site)
