"""Random patches around labelled pixels, so that rare classes are seen as often as common ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.classes import EXCLUDED, UNLABELLED
from napari_csunet.config import TrainingConfig
from napari_csunet.training.annotated import AnnotatedSlice

POINTS_KEPT = 20_000
CORRECTED_SHARE = 0.25
"""Share of patches around places that a person has corrected, if there are any."""
LAYERS_STRETCHED = 0.5
"""Most by which patches of layers, which differ in thickness, are stretched or squeezed on an axis; a logarithm."""

Points = tuple[list[npt.NDArray[np.intp]], npt.NDArray[np.int64]]
"""Some pixels (n, 2) of each slice, and how many there are in all."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Patches: images (b, channels, side, side) float32 and class indices (b, side, side) int64.

    The indices are ``UNLABELLED`` where no label is, ``EXCLUDED`` in databars and beyond the micrograph.
    prior: what was believed before training, probability (b, classes, side, side), 0 for every class where nothing was.
    """

    images: Tensor
    targets: Tensor
    prior: Tensor | None = None


class PatchSampler:
    """Draws batches from an annotated set; the same seed gives the same batches."""

    def __init__(
        self, annotated: Sequence[AnnotatedSlice], channels: int, class_count: int, config: TrainingConfig
    ) -> None:
        self._channels = channels
        self._class_count = class_count
        self._config = config
        self._random = np.random.default_rng(config.seed)
        self.draw_from(annotated)

    def draw_from(self, annotated: Sequence[AnnotatedSlice]) -> None:
        """Batches are drawn from these slices from now on."""
        self._annotated = annotated
        self._prior_classes = self._class_count if any(one.prior is not None for one in annotated) else 0
        self._points = [self._points_where([one.indices == c for one in annotated]) for c in range(self._class_count)]
        self._weights = np.array([counts.sum() for _, counts in self._points], float)
        self._corrected = self._points_where([one.corrected & (one.indices != UNLABELLED) for one in annotated])

    def batch(self, batch_size: int, side: int) -> Batch:
        """``batch_size`` patches of ``side`` × ``side`` pixels."""
        maps, targets = zip(*(self._patch(side) for _ in range(batch_size)), strict=True)
        images, prior = torch.stack(maps).tensor_split([self._channels], dim=1)
        return Batch(images, torch.stack(targets), prior if prior.shape[1] else None)

    def _points_where(self, chosen: Sequence[npt.NDArray[np.bool_]]) -> Points:
        points, counts = [], []
        for flags in chosen:
            found = np.flatnonzero(flags)
            counts.append(len(found))
            if len(found) > POINTS_KEPT:
                found = self._random.choice(found, POINTS_KEPT, replace=False)
            points.append(np.stack(np.unravel_index(found, flags.shape), axis=1))
        return points, np.array(counts, np.int64)

    def _patch(self, side: int) -> tuple[Tensor, Tensor]:
        one, centre = self._labelled_pixel()
        low, high = self._config.scale_range
        scale = np.exp(self._random.uniform(np.log(low), np.log(high)))
        height, width = (max(8, round(side / scale / stretch)) for stretch in self._stretches())
        corner = centre - self._random.integers(0, (height, width))
        maps, target = _window(one, corner, (height, width), self._channels, self._prior_classes)
        return _resized(maps, target, side)

    def _stretches(self) -> tuple[float, float]:
        """Along rows and columns, besides the common magnification."""
        if self._config.layers in (None, "none"):
            return 1.0, 1.0
        y, x = np.exp(self._random.uniform(-LAYERS_STRETCHED, LAYERS_STRETCHED, 2))
        return float(y), float(x)

    def _labelled_pixel(self) -> tuple[AnnotatedSlice, npt.NDArray[np.intp]]:
        points, counts = self._corrected
        if not (counts.any() and self._random.random() < CORRECTED_SHARE):
            points, counts = self._points[self._class()]
        drawn = self._random.choice(len(counts), p=counts / counts.sum())
        return self._annotated[drawn], self._random.choice(points[drawn])

    def _class(self) -> int:
        """Of the pixel at the centre: any class alike, or each as often as it is labelled."""
        balanced = self._random.random() < self._config.balanced_share
        weights = (self._weights > 0).astype(float) if balanced else self._weights
        return int(self._random.choice(len(weights), p=weights / weights.sum()))


def _window(
    one: AnnotatedSlice, corner: npt.NDArray[np.intp], size: tuple[int, int], channels: int, prior_classes: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int16]]:
    """Region of a slice, moved inside it as far as it fits; beyond it the image is mirrored, excluded.

    Image and, behind its channels, the prior (*size, channels + prior_classes), and class indices of that size.
    """
    rows, columns = (
        slice(start := int(np.clip(first, 0, max(0, length - span))), start + span)
        for first, length, span in zip(corner, one.size, size, strict=True)
    )
    maps = one.crop(rows, columns, channels)
    target = np.where(one.excluded[rows, columns], np.int16(EXCLUDED), one.indices[rows, columns])
    if prior_classes:
        maps = np.concatenate([maps, one.prior_crop(rows, columns, prior_classes)], axis=-1)
    missing = [(0, span - length) for span, length in zip(size, target.shape, strict=True)]
    if any(after for _, after in missing):
        maps = np.pad(maps, [*missing, (0, 0)], mode="symmetric")
        target = np.pad(target, missing, constant_values=EXCLUDED)
    return maps, target


def _resized(maps: npt.NDArray[np.float32], target: npt.NDArray[np.int16], side: int) -> tuple[Tensor, Tensor]:
    pixels = torch.from_numpy(np.ascontiguousarray(maps.transpose(2, 0, 1)))[None]
    indices = torch.from_numpy(np.ascontiguousarray(target))[None, None].float()
    if pixels.shape[-2:] != (side, side):
        shrinks = max(pixels.shape[-2:]) > side
        pixels = functional.interpolate(pixels, (side, side), mode="bilinear", antialias=shrinks)
        indices = functional.interpolate(indices, (side, side), mode="nearest-exact")
    return pixels[0], indices[0, 0].long()
