"""Scoring a network on labels that it was not trained on, in windows large enough to show their surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import nn

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.config import PredictionConfig
from napari_csunet.device import SMALLEST_SIDE, MemorySettings, is_out_of_memory, release_memory
from napari_csunet.inference.prediction import probability_of
from napari_csunet.inference.tiling import tiles
from napari_csunet.reports import Scores
from napari_csunet.training.annotated import AnnotatedSlice
from napari_csunet.training.spread import JudgedPlaces

SIDE = 512
QUICK_WINDOWS = 4
MOST_WINDOWS = 32


@dataclass(frozen=True, eq=False)
class Window:
    """A region of a slice that holds validation labels."""

    one: AnnotatedSlice
    rows: slice
    columns: slice


class Validation:
    """Validation windows: a few for the scores during training, more for the final ones."""

    def __init__(self, annotated: Sequence[AnnotatedSlice], classes: ClassTable, channels: int, seed: int) -> None:
        windows = [window for one in annotated for window in _windows(one)]
        order = np.random.default_rng(seed).permutation(len(windows))
        self._windows = [windows[i] for i in order[:MOST_WINDOWS]]
        self._classes = classes
        self._channels = channels

    def __bool__(self) -> bool:
        return bool(self._windows)

    def quick_scores(self, model: nn.Module, memory: MemorySettings) -> Scores:
        return self._scores(self._windows[:QUICK_WINDOWS], model, memory)

    def full_scores(self, model: nn.Module, memory: MemorySettings) -> Scores:
        return self._scores(self._windows, model, memory)

    @property
    def extra_of_full(self) -> float:
        """How many times longer the full scores take than the quick ones; 0 if they are the same."""
        return len(self._windows) / QUICK_WINDOWS if len(self._windows) > QUICK_WINDOWS else 0.0

    def _scores(self, windows: Sequence[Window], model: nn.Module, memory: MemorySettings) -> Scores:
        judged = JudgedPlaces(self._classes)
        for window in windows:
            pixels = window.one.crop(window.rows, window.columns, self._channels)
            predicted = _predicted(model, pixels, memory)
            truth = window.one.indices[window.rows, window.columns]
            judged.add(window.one, (window.rows.start, window.columns.start), predicted, truth)
        return judged.scores()


def _predicted(model: nn.Module, pixels: npt.NDArray[np.float32], memory: MemorySettings) -> npt.NDArray[np.intp]:
    """Class indices (h, w); halves of a window where the whole does not fit into memory."""
    try:
        indices: npt.NDArray[np.intp] = probability_of(model, pixels, memory).argmax(axis=0)
        return indices
    except (RuntimeError, MemoryError) as error:
        axis = int(pixels.shape[1] > pixels.shape[0])
        if not is_out_of_memory(error) or pixels.shape[axis] < 2 * SMALLEST_SIDE:
            raise
        release_memory(memory.device)
        halves = np.array_split(pixels, 2, axis=axis)
        return np.concatenate([_predicted(model, half, memory) for half in halves], axis=axis)


def _windows(one: AnnotatedSlice) -> list[Window]:
    config = PredictionConfig(tile=SIDE, overlap=0)
    spans = [[slice(tile.start, tile.stop) for tile in tiles(length, config)] for length in one.size]
    windows = [Window(one, rows, columns) for rows in spans[0] for columns in spans[1]]
    return [window for window in windows if (one.indices[window.rows, window.columns] != UNLABELLED).any()]
