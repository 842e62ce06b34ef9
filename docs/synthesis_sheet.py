"""Draws the contact sheet of docs/synthesis.md: each family in a row, two of its masks beside their pictures.

python docs/synthesis_sheet.py docs/images/synthesis.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw

from napari_csunet.training.synthesis import IGNORED, TRAINING_FAMILIES, synthesise_training

Picture = npt.NDArray[np.uint8]

SIDE, MADE, CAPTION = 168, 256, 14
WITH_MASK, ALONE = 2, 4
GREYS = 8  # steps of grey between two that are kept, so that noise does not fill the file
COLOURS = np.array(
    [[35, 35, 40], [60, 130, 220], [240, 140, 40], [70, 170, 110], [240, 225, 90], [255, 255, 255]], np.uint8
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    rows = [row(family, options.seed + i) for i, family in enumerate(TRAINING_FAMILIES)]
    sheet = Image.fromarray(np.vstack(rows)).quantize(palette=palette(), dither=Image.Dither.NONE)
    sheet.save(options.file, optimize=True)


def palette() -> Image.Image:
    """The greys and the colours of the sheet."""
    greys = np.arange(0, 257, GREYS).clip(max=255).repeat(3)
    image = Image.new("P", (1, 1))
    image.putpalette([*greys.tolist(), *COLOURS.flatten().tolist()])
    return image


def row(family: str, seed: int) -> Picture:
    """Pictures of the family, each with effects of its own, under a line with its classes; (h, w, 3)."""
    generator = torch.Generator().manual_seed(seed)
    images, masks, _ = synthesise_training(WITH_MASK + ALONE, MADE, generator, of_a_kind=1, families=(family,))
    tiles = []
    for i, (image, mask) in enumerate(zip(images[:, 0], masks, strict=True)):
        tiles.append(grey(image[-SIDE:, -SIDE:]))
        if i < WITH_MASK:
            tiles.append(COLOURS[mask[-SIDE:, -SIDE:].numpy()])  # IGNORED takes the last colour
    strip = np.hstack(tiles)
    return np.vstack([caption(family, strip.shape[1]), strip])


def grey(image: torch.Tensor) -> Picture:
    """At natural size, in a few greys; (h, w, 3)."""
    levels = (image * 255 / GREYS).round() * GREYS
    return levels.clamp(0, 255).to(torch.uint8)[..., None].expand(-1, -1, 3).numpy()


def caption(family: str, width: int) -> Picture:
    line = Image.new("RGB", (width, CAPTION), "white")
    draw = ImageDraw.Draw(line)
    draw.text((2, 1), f"{family}:", fill="black")
    left = 8 + draw.textlength(f"{family}:")
    for name, colour in zip(TRAINING_FAMILIES[family].class_names, COLOURS[:IGNORED].tolist(), strict=False):
        draw.rectangle((left, 3, left + 8, 11), fill=tuple(colour))
        draw.text((left + 12, 1), name, fill="black")
        left += 24 + draw.textlength(name)
    return np.asarray(line)


if __name__ == "__main__":
    main()
