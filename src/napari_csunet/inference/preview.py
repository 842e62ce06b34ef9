"""What a network that still learns makes of a region of a micrograph, which it sees as in a prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import nn

from napari_csunet.checkpoint import Provenance
from napari_csunet.device import MemorySettings
from napari_csunet.inference.prediction import probability_of
from napari_csunet.inference.seen_scale import as_seen, seen_scale
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import normalised_crop
from napari_csunet.reports import Preview, PreviewRequest

PREVIEW_SIDE = 1024
"""Most pixels, down and across, that the network sees for a preview."""


@dataclass(frozen=True)
class _Axis:
    """One axis of a micrograph: ``own`` pixels, of which the network sees ``step`` as one, ``seen`` in all."""

    own: int
    seen: int
    step: float

    def seen_part(self, part: slice) -> slice:
        """The middle of a part that is given in own pixels, in seen ones; at least one of these."""
        start, stop, _ = part.indices(self.own)
        first = min(int(start / self.step), self.seen - 1)
        last = min(self.seen, max(first + 1, math.ceil(stop / self.step - 1e-9)))
        excess = max(0, last - first - PREVIEW_SIDE)
        return slice(first + excess // 2, last - (excess - excess // 2))

    def own_part(self, part: slice) -> tuple[int, npt.NDArray[np.intp]]:
        """The first own pixel that a part in seen pixels covers; for each of them its seen pixel, from 0."""
        first = math.ceil(part.start * self.step - 1e-9)
        stop = max(first + 1, min(self.own, math.ceil(part.stop * self.step - 1e-9)))
        places = ((np.arange(first, stop) + 0.5) / self.step).astype(np.intp) - part.start
        return first, np.clip(places, 0, part.stop - part.start - 1)


def preview(
    model: nn.Module, micrograph: Micrograph, request: PreviewRequest, told: Provenance, memory: MemorySettings
) -> Preview:
    """Label values of the middle of the region that was asked for, without the smooth edges of a prediction.

    told: of the training, for its pixel size, scale and classes.
    """
    seen = seen_scale(micrograph, told, match=True)
    picture, extent = as_seen(micrograph, seen.shrink)
    axes = [_Axis(own, new, of / new) for own, new, of in zip(micrograph.size, picture.size, extent, strict=True)]
    rows, columns = (axis.seen_part(part) for axis, part in zip(axes, request.region, strict=True))
    intensities = told.normalisation.fit(picture, request.slice_index)
    pixels = normalised_crop(picture, request.slice_index, intensities, told.model.in_channels, (rows, columns))
    mask = told.classes.to_values(probability_of(model, pixels, memory).argmax(axis=0))
    (top, down), (left, across) = (axis.own_part(part) for axis, part in zip(axes, (rows, columns), strict=True))
    return Preview(request.micrograph, request.slice_index, (top, left), mask[np.ix_(down, across)])
