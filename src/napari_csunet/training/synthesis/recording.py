"""What happens between the microscope and the file: greys, compression and the databar."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from napari_csunet.training.synthesis.fields import Draw, Range

IGNORED = -1
"""Mask value of pixels that show no specimen, such as those of the databar."""
BLOCK = 8


@dataclass(frozen=True)
class Recording:
    """Limits of what is drawn for each picture; None leaves an effect out."""

    inverted: float = 0.0
    """Share of the pictures shown as negatives."""
    gamma: Range | None = None
    stretch: float = 0.0
    """Share of the pictures whose darkest and brightest percent are set to black and white."""
    jpeg: Range | None = None
    """Step of quantisation of the lowest frequencies, in brightness; a quality of 50 is 16 / 255."""
    databar: Range | None = None
    """Height as a share of the picture's."""


def record(pictures: Tensor, masks: Tensor, recording: Recording, draw: Draw) -> tuple[Tensor, Tensor]:
    """Pictures (b, h, w) from 0 to 1 and masks (b, h, w), in which the databar is ``IGNORED``."""
    pictures = torch.where(draw.uniform(1, 1) < recording.stretch, _stretched(pictures), pictures)
    pictures = torch.where(draw.uniform(1, 1) < recording.inverted, 1 - pictures, pictures)
    if recording.gamma:
        pictures = pictures ** draw.a_picture(recording.gamma)
    if recording.databar:
        pictures, masks = _with_databar(pictures, masks, recording.databar, draw)
    if recording.jpeg:
        pictures = compressed(pictures, draw.a_picture(recording.jpeg))
    return pictures.clamp(0, 1), masks


def _stretched(pictures: Tensor) -> Tensor:
    """The darkest and the brightest half percent become black and white; at most 8-fold."""
    ordered = pictures[:, ::4, ::4].flatten(1).sort(1).values
    low, high = (ordered[:, int(share * (ordered.shape[1] - 1)), None, None] for share in (0.005, 0.995))
    return ((pictures - low) / (high - low).clamp(min=0.125)).clamp(0, 1)


def compressed(pictures: Tensor, step: Tensor) -> Tensor:
    """JPEG's loss: cosine coefficients of blocks of 8 × 8 pixels rounded to steps that grow with frequency."""
    height, width = pictures.shape[-2:]
    whole = pad(pictures[:, None], (0, -width % BLOCK, 0, -height % BLOCK), mode="replicate")[:, 0]
    rows, columns = (length // BLOCK for length in whole.shape[-2:])
    blocks = whole.view(-1, rows, BLOCK, columns, BLOCK).transpose(2, 3)  # (b, rows, columns, 8, 8)
    cosine = _cosine_transform(pictures.device)
    steps = step[..., None, None] * _growth(pictures.device)
    coefficients = ((cosine @ blocks @ cosine.T) / steps).round() * steps
    restored = (cosine.T @ coefficients @ cosine).transpose(2, 3).reshape(whole.shape)
    return restored[:, :height, :width]


def _cosine_transform(device: torch.device) -> Tensor:
    """Orthonormal type-II discrete cosine transform of 8 values."""
    k, n = torch.meshgrid(*(2 * [torch.arange(BLOCK, device=device)]), indexing="ij")
    basis = torch.cos(math.pi * (2 * n + 1) * k / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    return torch.where(k == 0, basis / math.sqrt(2), basis)


def _growth(device: torch.device) -> Tensor:
    """How the steps grow with frequency: a smooth form of the luminance table of the standard (ITU-T T.81, K.1)."""
    k = torch.arange(BLOCK, device=device)
    return 0.8 + 0.09 * (k[:, None] + k) ** 1.75


def _with_databar(pictures: Tensor, masks: Tensor, share: Range, draw: Draw) -> tuple[Tensor, Tensor]:
    """A black or white bar below, with a line of characters made of blocks."""
    height, width = pictures.shape[-2:]
    row = torch.arange(height, device=pictures.device)[:, None]
    top = height * (1 - draw.a_picture(share))
    down = (row - top) / (height - top)  # 0 to 1 within the bar
    bar = (down >= 0).expand_as(pictures)
    ink = (draw.uniform(1, 1) < 0.5).float()
    text = bar & (down > 0.25) & (down < 0.75) & _characters(height, width, height - top, draw)
    return torch.where(text, ink, torch.where(bar, 1 - ink, pictures)), torch.where(bar, IGNORED, masks)


def _characters(height: int, width: int, bar: Tensor, draw: Draw) -> Tensor:
    """Random blocks, 3 wide and 5 high in each character, with gaps between characters and words; (b, h, w)."""
    cell = (bar / 10).clamp(min=1.0)
    row = (torch.arange(height, device=draw.device)[:, None] / cell).long()
    column = (torch.arange(width, device=draw.device) / cell).long()
    blocks, words = draw.uniform(height * width // 4 + 4), draw.uniform(width // 4 + 4)
    index = ((row % 10) * (width // 4) + column).clamp(max=blocks.shape[1] - 1)
    lit = blocks.gather(1, index.flatten(1)).view(index.shape) < 0.6
    letter = (column // 4).clamp(max=words.shape[1] - 1)
    written = words.gather(1, letter.flatten(1)).view(letter.shape) < 0.75
    return lit & written & (column % 4 != 3)
