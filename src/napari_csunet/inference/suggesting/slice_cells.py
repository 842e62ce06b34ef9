"""A slice on a coarse grid of cells: small enough that those of hundreds of micrographs are remembered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_csunet.inference.pixel_classifier import PixelClassifier, with_class_shares
from napari_csunet.inference.pixel_features import PixelFeatures

CELL = 8
"""Pixels from one cell to the next, in the slice that was looked at: 2.4 bytes for each of its pixels."""

Cells = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SliceCells:
    """Features (channels, h, w), float16, at the middle of each cell.

    ``pixels``: side of a cell in pixels of the micrograph. ``size``: height and width of the micrograph.
    """

    features: Tensor
    pixels: int
    size: tuple[int, int]

    @property
    def points(self) -> Cells:
        """Features (h × w, channels), float32."""
        return self.features.flatten(1).T.float().numpy()

    @torch.inference_mode()
    def probability(self, classifier: PixelClassifier, class_count: int) -> Cells:
        """Probability (classes, h, w); 0 for classes that the classifier does not know."""
        size = self.features.shape[1:]
        known = with_class_shares(classifier.of_points(self.features.float().flatten(1)).view(-1, *size))
        result = np.zeros((class_count, *size), np.float32)
        result[classifier.classes.numpy()] = known.numpy()
        return result


def cells_of(features: PixelFeatures, size: tuple[int, int]) -> SliceCells:
    """``size``: of the micrograph, of which a reduced slice may have been looked at."""
    rows, columns = (_middles(length) for length in features.size)
    grid = [one.flatten() for one in torch.meshgrid(rows, columns, indexing="ij")]
    sampled = features.at(*grid).T.reshape(-1, len(rows), len(columns)).half()
    return SliceCells(sampled, CELL * features.factor, size)


def _middles(length: int) -> Tensor:
    """Of every cell; of the only one if the slice is smaller than that."""
    return torch.arange(min(CELL // 2, length - 1), length, CELL)


def at_cells(maps: Cells, cells: SliceCells) -> Cells:
    """Maps (c, height, width) of the micrograph's size at the middle of each cell (c, h, w)."""
    rows, columns = (np.arange(count) * cells.pixels + cells.pixels // 2 for count in cells.features.shape[1:])
    picked: Cells = maps[:, np.minimum(rows, maps.shape[1] - 1)[:, None], np.minimum(columns, maps.shape[2] - 1)]
    return picked
