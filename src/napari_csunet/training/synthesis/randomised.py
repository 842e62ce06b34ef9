"""Pictures for pretraining: any family, any scale, any contrast, any microscope (domain randomisation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import torch
from torch import Tensor

from napari_csunet.errors import CSUNetError
from napari_csunet.training.synthesis.dice import Dice
from napari_csunet.training.synthesis.families import MARGIN
from napari_csunet.training.synthesis.fields import Draw, LogRange, Size
from napari_csunet.training.synthesis.levels import RandomLevels
from napari_csunet.training.synthesis.recording import Recording, record
from napari_csunet.training.synthesis.rendering import Rendering, render
from napari_csunet.training.synthesis.training_families import TRAINING_FAMILIES, TrainingFamily

CLASS_NAMES: tuple[tuple[str, str], ...] = tuple(
    (name, phase) for name, family in TRAINING_FAMILIES.items() for phase in family.class_names
)
"""(family, phase) of every class, all families side by side."""

CLASS_OFFSETS: tuple[int, ...] = tuple(
    accumulate((len(family.class_names) for family in TRAINING_FAMILIES.values()), initial=0)
)[:-1]
"""Where each family's classes start in ``CLASS_NAMES``, in the order of ``TRAINING_FAMILIES``."""


def synthesise_training(
    count: int,
    size: int | Size,
    generator: torch.Generator,
    device: str | torch.device = "cpu",
    *,
    of_a_kind: int = 8,
    families: Sequence[str] = tuple(TRAINING_FAMILIES),
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures (count, 1, h, w) float32 from 0 to 1, masks (count, h, w) int64, family indices (count,) int64.

    Mask values are class indices within the family from 0, and ``IGNORED`` where a databar hides the specimen; the
    family index counts along ``TRAINING_FAMILIES``. At most ``of_a_kind`` pictures at a time are of one family and
    seen with the same effects, each with its own strengths. Raises CSUNetError for an unknown family.
    """
    height, width = (size, size) if isinstance(size, int) else size
    dice = Dice(generator)
    batches = []
    for start in range(0, count, of_a_kind):
        name = dice.among(families)
        draw = Draw.of_a_batch(generator, min(of_a_kind, count - start), torch.device(device))
        batches.append((*_batch(_training_family(name), (height, width), dice, draw), name))
    images = torch.cat([images for images, _, _ in batches])[:, None]
    index = torch.cat([torch.full((len(masks),), list(TRAINING_FAMILIES).index(name)) for _, masks, name in batches])
    return images, torch.cat([masks for _, masks, _ in batches]), index.to(images.device)


def class_indices(masks: Tensor, family: Tensor) -> Tensor:
    """Masks (b, h, w) as indices into ``CLASS_NAMES``; what is ignored stays so."""
    offsets = torch.tensor(CLASS_OFFSETS, device=masks.device)[family]
    return torch.where(masks < 0, masks, masks + offsets[:, None, None])


def _batch(family: TrainingFamily, size: Size, dice: Dice, draw: Draw) -> tuple[Tensor, Tensor]:
    kind = dice.among(family.kinds)
    parameters = kind.parameters(dice)
    scene = kind.build(parameters, (size[0] + 2 * MARGIN, size[1] + 2 * MARGIN), draw)
    inner = (slice(None), slice(MARGIN, MARGIN + size[0]), slice(MARGIN, MARGIN + size[1]))
    rendering = wide_rendering(family.levels, dice)
    if family.tone_shows:
        rendering = replace(rendering, grain_contrast=LogRange(0.05, 0.25), quiet=0.4)
    images, masks = render(scene, rendering, draw)[inner], scene.regions[inner]
    return record(images, masks, wide_recording(dice), draw)


def _training_family(name: str) -> TrainingFamily:
    if name not in TRAINING_FAMILIES:
        raise CSUNetError(
            f"There is no family of microstructures called {name!r}. Choose one of {', '.join(TRAINING_FAMILIES)}."
        )
    return TRAINING_FAMILIES[name]


def wide_rendering(levels: RandomLevels, dice: Dice) -> Rendering:
    """How a batch is pictured: which effects there are; their strengths differ from picture to picture."""
    texture = [dice.within(LogRange(0.003, 0.08)) for _ in levels.usual]
    rendering = Rendering(
        levels=levels,
        void=(0.0, 0.15) if dice.between(0, 1) < 0.8 else (0.0, 1.0),
        grain_contrast=LogRange(0.01, 0.12),
        texture=tuple(texture),
        texture_length=LogRange(0.7, dice.within(LogRange(1.0, 12.0))),
        texture_stretch=(1.0, dice.among((1.2, 6.0))),
        edge=dice.sometimes(0.65, LogRange(0.02, 0.3)) or (0.0, 0.0),
        edge_width=LogRange(1.5, 8.0),
        edge_relief=dice.within(LogRange(1.0, 6.0)),
        tilt=dice.sometimes(0.35, (0.0, 0.35)) or (0.0, 0.0),
        shading=dice.sometimes(0.6, (0.0, 0.4)) or (0.0, 0.0),
        drift=(0.0, dice.among((0.03, 0.15))),
        defocus=LogRange(0.35, dice.among((0.8, 2.2))),
        shot_noise=LogRange(0.004, dice.among((0.05, 0.2))),
        detector_noise=LogRange(0.002, dice.among((0.02, 0.08))),
        line_noise=dice.sometimes(0.3, (0.0, 0.02)) or (0.0, 0.0),
        line_jitter=dice.sometimes(0.3, (0.0, 1.0)) or (0.0, 0.0),
        contrast=(0.5, 1.3),
        brightness=(-0.1, 0.1),
        quiet=0.12,
    )
    return _with_rare_effects(rendering, dice)


def _with_rare_effects(rendering: Rendering, dice: Dice) -> Rendering:
    return replace(
        rendering,
        charging=dice.sometimes(0.25, (0.0, 0.12)),
        scratches=dice.sometimes(0.2, (0.0, 0.15)),
        astigmatism=dice.sometimes(0.2, (0.0, 1.5)),
        vignetting=dice.sometimes(0.25, (0.0, 0.4)),
        curtaining=dice.sometimes(0.15, (0.0, 0.05)),
        residues=dice.sometimes(0.12, (-0.3, 0.3)),
        pull_outs=dice.sometimes(0.12, (0.1, 0.5)),
    )


def wide_recording(dice: Dice) -> Recording:
    """What becomes of the pictures of a batch on the way to the file."""
    return Recording(
        inverted=0.12,
        gamma=dice.sometimes(0.3, LogRange(0.5, 2.0)),
        stretch=dice.among((0.0, 0.5)),
        jpeg=dice.sometimes(0.25, LogRange(0.01, 0.15)),
        databar=dice.sometimes(0.08, (0.04, 0.14)),
    )
