"""What a classifier of pixels learns from: features at labelled pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_csunet.inference.pixel_features import PixelFeatures
from napari_csunet.micrographs.reduction import reduced_indices

MOST_OF_A_CLASS = 5000
"""Labelled pixels of one class of one slice that are learnt from."""

Points = tuple[Tensor, Tensor]
"""Features (n, channels) and class indices (n,)."""


def labelled_points(
    features: PixelFeatures, indices: npt.NDArray[np.int16], class_count: int, random: np.random.Generator
) -> Points:
    """Of one slice with class indices (h, w) at its full size; of a class with many labels some, drawn at random."""
    painted = reduced_indices(indices, features.factor, class_count)
    places = [_drawn(np.argwhere(painted == index), random) for index in range(class_count)]
    rows, columns = torch.from_numpy(np.concatenate(places)).T
    return features.at(rows, columns), torch.cat([torch.full((len(some),), i) for i, some in enumerate(places)])


def _drawn(places: npt.NDArray[np.intp], random: np.random.Generator) -> npt.NDArray[np.intp]:
    if len(places) <= MOST_OF_A_CLASS:
        return places
    chosen: npt.NDArray[np.intp] = random.choice(places, MOST_OF_A_CLASS, replace=False)
    return chosen
