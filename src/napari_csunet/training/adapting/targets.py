"""The micrographs that a network adapts to, as it sees them, and what it says of them."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_csunet.checkpoint import Checkpoint, Provenance
from napari_csunet.config import AdaptingConfig, PredictionConfig
from napari_csunet.inference.prediction import predict_stream
from napari_csunet.inference.seen_scale import as_seen, seen_scale
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph

MOST_SLICES = 16
"""Drawn at random of all slices of all micrographs."""
MOST_SIDE = 1024
"""Of what is looked at in each slice, in pixels that the network sees."""

Answer = npt.NDArray[np.float16]
"""Probability (classes, h, w)."""


def targets(micrographs: Sequence[Micrograph], provenance: Provenance, seed: int) -> list[Micrograph]:
    """Single slices at the scale that the network sees, without databars; of large ones a part drawn at random."""
    random = np.random.default_rng([seed, 4])
    places = [(one, index) for one in micrographs for index in range(one.slice_count)]
    drawn = random.permutation(len(places))[:MOST_SLICES]
    return [_as_seen(one, index, provenance, random) for one, index in (places[place] for place in drawn)]


def answers(
    checkpoint: Checkpoint,
    pictures: Sequence[Micrograph],
    config: AdaptingConfig,
    *,
    views: bool,
    seconds: float = math.inf,
) -> Generator[str, None, list[Answer]]:
    """What the network says of ``targets``, of at least one and of as many as ``seconds`` allow.

    Yields now and then, a sentence if something had to change.
    """
    end = time.monotonic() + seconds
    unscaled = Checkpoint(checkpoint.provenance.model_copy(update={"reduction": 1}), checkpoint.state, checkpoint.path)
    prediction = PredictionConfig(
        test_time_augmentation=views,
        exclude_databar=False,
        match_pixel_size=False,
        device=config.device,
        precision=config.precision,
    )
    found = []
    for report in predict_stream(unscaled, pictures, prediction, probability=True):
        yield report.message
        if report.prediction is not None and report.prediction.probability is not None:
            found.append(report.prediction.probability.astype(np.float16))
        if found and time.monotonic() > end:
            break
    return found


def _as_seen(micrograph: Micrograph, index: int, provenance: Provenance, random: np.random.Generator) -> Micrograph:
    shrink = seen_scale(micrograph, provenance, match=True).shrink
    specimen = _specimen_rows(micrograph)
    rows = _part(specimen, round(MOST_SIDE * shrink[0]), random)
    columns = _part(slice(0, micrograph.size[1]), round(MOST_SIDE * shrink[1]), random)
    part = replace(micrograph, pixels=micrograph.pixels[index : index + 1, rows, columns], is_stack=False)
    return as_seen(part, shrink)[0]


def _specimen_rows(micrograph: Micrograph) -> slice:
    """All rows, or those on the larger side of a databar."""
    height, bar = micrograph.size[0], databar_rows(micrograph)
    if bar is None:
        return slice(0, height)
    return slice(0, bar.start) if bar.start >= height - bar.stop else slice(bar.stop, height)


def _part(span: slice, most: int, random: np.random.Generator) -> slice:
    length = span.stop - span.start
    start = span.start + int(random.integers(max(0, length - most) + 1))
    return slice(start, start + min(most, length))
