"""Sample micrographs as a network sees them: what exported models are compared on, and what they are shown with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_csunet.checkpoint import Provenance
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import match_channels
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.micrographs.reduction import reduced
from napari_csunet.samples import sample_files

SIDE = 256
ODD = (150, 203)
"""Neither of them a multiple of anything that a network needs."""


@dataclass(frozen=True, eq=False)
class SamplePicture:
    """Part of a sample micrograph at the working scale. raw, normalised: (channels, h, w) float32."""

    micrograph: Micrograph
    raw: npt.NDArray[np.float32]
    normalised: npt.NDArray[np.float32]


def sample_pictures(provenance: Provenance) -> list[SamplePicture]:
    """One of each sample, the second of an odd size."""
    return [sample_picture(provenance, "superalloy", (SIDE, SIDE)), sample_picture(provenance, "particles", ODD)]


def sample_picture(provenance: Provenance, sample: str, largest: tuple[int, int]) -> SamplePicture:
    """The upper left corner of the sample's first micrograph, normalised as prediction does."""
    whole = reduced(read_micrograph(sample_files(sample)[0][0]), provenance.reduction)
    rows, columns = (slice(0, length) for length in largest)
    channels = provenance.model.in_channels
    pixels = match_channels(whole.crop(0, rows, columns), channels, whole.name)
    part = replace(whole, pixels=pixels[None])
    normalised = provenance.normalisation.fit(part, 0).apply(pixels)
    return SamplePicture(part, _channels_first(pixels), _channels_first(normalised))


def _channels_first(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)
