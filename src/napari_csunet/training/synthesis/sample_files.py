"""The sample micrographs that come with the package: how each file is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
import torch

from napari_csunet.errors import OutputError
from napari_csunet.training.synthesis.families import FAMILIES, Family, synthesise
from napari_csunet.training.synthesis.strokes import paint_strokes

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class SampleSet:
    """Four micrographs of one specimen, taken at similar settings; the first ones get strokes."""

    name: str
    family: Family[Any]
    seed: int
    pixel_size_nm: float
    stroke_share: float = 0.016
    count: int = 4
    with_strokes: int = 2
    size: int = 512


def _one_specimen(family: Family[Any], specimen: dict[str, Any], microscope: dict[str, Any]) -> Family[Any]:
    parameters = replace(family.parameters, **specimen)
    return replace(family, parameters=parameters, rendering=replace(family.rendering, **microscope))


SAMPLE_SETS = (
    SampleSet(
        "superalloy",
        _one_specimen(
            FAMILIES["superalloy"],
            {"spacing": (62.0, 78.0), "secondary_share": (0.47, 0.56), "tertiary_share": (0.015, 0.026)},
            {
                "levels": ((0.57, 0.6), (0.43, 0.46), (0.41, 0.43)),
                "contrast": (0.75, 0.95),
                "brightness": (0.0, 0.1),
                "edge": (0.18, 0.26),
                "shading": (0.2, 0.35),
                "shot_noise": (0.03, 0.05),
            },
        ),
        seed=11,
        pixel_size_nm=24.0,
    ),
    SampleSet(
        "particles",
        _one_specimen(
            FAMILIES["particles"],
            {"faceted": 0.0, "radius": (11.0, 15.0), "spread": (0.22, 0.34), "area_share": (0.3, 0.5)},
            {"levels": ((0.2, 0.26), (0.4, 0.45)), "shot_noise": (0.03, 0.05)},
        ),
        seed=5,
        pixel_size_nm=50.0,
    ),
)


@dataclass(frozen=True, eq=False)
class SampleFile:
    """One file: its path below the sample folder, what it shows and the size of a pixel."""

    path: str
    picture: Picture
    pixel_size_nm: float


def sample_files(sample_set: SampleSet) -> Iterator[SampleFile]:
    """The micrographs, masks and strokes of a set, in this order for each micrograph."""
    generator = torch.Generator().manual_seed(sample_set.seed)
    for number in range(1, sample_set.count + 1):
        image, mask = synthesise(sample_set.family, 1, sample_set.size, generator)
        pictures = {"images": _grey(image[0, 0]), "masks": (mask[0] + 1).to(torch.uint8).numpy()}
        if number <= sample_set.with_strokes:
            random = np.random.default_rng((sample_set.seed, number))
            pictures["strokes"] = paint_strokes(pictures["masks"], sample_set.stroke_share, random)
        for kind, picture in pictures.items():
            path = f"{sample_set.name}/{kind}/{sample_set.name}_{number}.tif"
            yield SampleFile(path, picture, sample_set.pixel_size_nm)


def write_sample_file(file: SampleFile, folder: Path) -> Path:
    """The file as a TIFF without a date, so that the same pixels make the same bytes; it replaces an older one."""
    target = folder / file.path
    per_nm = 1 / file.pixel_size_nm
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(
            target, file.picture, imagej=True, resolution=(per_nm, per_nm), metadata={"unit": "nm"}, compression="zlib"
        )
    except OSError as error:
        raise OutputError(f"Cannot write {target}: {error.strerror or error}. Choose another folder.") from error
    return target


def _grey(image: torch.Tensor) -> Picture:
    return (image * 255).round().to(torch.uint8).numpy()
