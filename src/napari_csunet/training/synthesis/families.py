"""The families of microstructures by name, and how pictures of one are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from napari_csunet.errors import CSUNetError
from napari_csunet.training.synthesis.bicontinuous import Bicontinuous, bicontinuous
from napari_csunet.training.synthesis.coating import Coating, coating
from napari_csunet.training.synthesis.fields import Draw, Size
from napari_csunet.training.synthesis.grains import Grains, grains
from napari_csunet.training.synthesis.lamellae import Lamellae, lamellae
from napari_csunet.training.synthesis.particles import Particles, particles
from napari_csunet.training.synthesis.rendering import Rendering, render
from napari_csunet.training.synthesis.scene import Scene
from napari_csunet.training.synthesis.superalloy import Superalloy, superalloy

MARGIN = 16
"""Pixels around a picture that are made and cut off, so that opposite edges do not touch in Fourier filters."""

Parameters = TypeVar("Parameters")


@dataclass(frozen=True)
class Family(Generic[Parameters]):
    """One kind of microstructure and how it is imaged. ``build`` makes the scenes from the parameters."""

    class_names: tuple[str, ...]
    build: Callable[[Parameters, Size, Draw], Scene]
    parameters: Parameters
    rendering: Rendering


FAMILIES: Mapping[str, Family[Any]] = MappingProxyType(
    {
        "superalloy": Family(
            ("matrix", "secondary", "tertiary"),
            superalloy,
            Superalloy(),
            Rendering(
                levels=((0.56, 0.64), (0.41, 0.48), (0.40, 0.46)),
                grain_contrast=(0.0, 0.015),
                texture=(0.01, 0.022, 0.0),
                texture_length=(0.8, 1.3),
                texture_stretch=(1.0, 4.0),
                edge=(0.12, 0.3),
                edge_width=(3.5, 6.5),
                edge_relief=1.5,
                shading=(0.1, 0.4),
                shot_noise=(0.02, 0.07),
                scratches=(0.0, 0.12),
                charging=(0.0, 0.02),
                contrast=(0.55, 1.1),
                brightness=(-0.08, 0.2),
            ),
        ),
        "particles": Family(
            ("background", "particle"),
            particles,
            Particles(),
            Rendering(
                levels=((0.16, 0.34), (0.36, 0.5)),
                grain_contrast=(0.0, 0.05),
                texture=(0.02, 0.02),
                texture_stretch=(1.0, 1.4),
                edge=(0.04, 0.14),
                edge_width=(3.0, 7.0),
                edge_relief=6.0,
                tilt=(0.1, 0.3),
                shading=(0.02, 0.14),
                shot_noise=(0.02, 0.07),
                charging=(0.0, 0.06),
                brightness=(-0.05, 0.1),
            ),
        ),
        "grains": Family(
            ("grain", "boundary"),
            grains,
            Grains(),
            Rendering(
                levels=((0.42, 0.6), (0.3, 0.4)),
                grain_contrast=(0.03, 0.09),
                texture=(0.015, 0.01),
                edge=(0.05, 0.2),
                edge_width=(2.0, 4.0),
                edge_relief=2.0,
                shading=(0.0, 0.25),
                scratches=(0.0, 0.06),
                brightness=(-0.08, 0.12),
            ),
        ),
        "bicontinuous": Family(
            ("first phase", "second phase"),
            bicontinuous,
            Bicontinuous(),
            Rendering(
                levels=((0.28, 0.4), (0.52, 0.68)), texture=(0.015, 0.02), edge_relief=2.0, texture_stretch=(1.0, 1.5)
            ),
        ),
        "lamellae": Family(
            ("matrix", "plate"),
            lamellae,
            Lamellae(),
            Rendering(
                levels=((0.26, 0.38), (0.5, 0.64)),
                grain_contrast=(0.01, 0.05),
                texture=(0.02, 0.015),
                texture_stretch=(1.0, 1.5),
                edge_relief=2.0,
            ),
        ),
        "coating": Family(
            ("mount", "coating", "oxide", "substrate", "pore"),
            coating,
            Coating(),
            Rendering(
                levels=((0.04, 0.1), (0.7, 0.85), (0.25, 0.34), (0.42, 0.54), (0.08, 0.2)),
                grain_contrast=(0.005, 0.025),
                texture=(0.005, 0.015, 0.02, 0.012, 0.03),
                texture_stretch=(1.0, 1.5),
                edge=(0.03, 0.12),
                edge_relief=2.0,
                scratches=(0.0, 0.04),
                brightness=(-0.05, 0.05),
            ),
        ),
    }
)


def synthesise(
    family: str | Family[Any],
    count: int,
    size: int | Size,
    generator: torch.Generator,
    device: str | torch.device = "cpu",
) -> tuple[Tensor, Tensor]:
    """Pictures (count, 1, h, w) float32 from 0 to 1 and their masks (count, h, w) int64 with class indices from 0.

    The generator seeds one stream for each picture: ``count`` pictures at once are the same as one after the other.
    Random numbers come from the device, so the same seed gives other pictures on a graphics card than on a CPU.
    """
    kind = family if isinstance(family, Family) else _family(family)
    height, width = (size, size) if isinstance(size, int) else size
    draw = Draw.from_generator(generator, count, torch.device(device))
    scene = kind.build(kind.parameters, (height + 2 * MARGIN, width + 2 * MARGIN), draw)
    inner = (slice(None), slice(MARGIN, MARGIN + height), slice(MARGIN, MARGIN + width))
    return render(scene, kind.rendering, draw)[inner][:, None], scene.regions[inner]


def _family(name: str) -> Family[Any]:
    if name not in FAMILIES:
        raise CSUNetError(
            f"There is no family of microstructures called {name!r}. Choose one of {', '.join(FAMILIES)}."
        )
    return FAMILIES[name]
