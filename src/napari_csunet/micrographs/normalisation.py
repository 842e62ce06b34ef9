"""Bringing micrographs of any type and range to one scale, robustly, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import Micrograph

_SAMPLE_SIDE = 1024


@dataclass(frozen=True, eq=False)
class IntensityRange:
    """Statistics of one slice, each of shape (channels,): the clipping limits, and mean and spread between them."""

    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]

    def apply(self, pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Pixels (h, w, channels) clipped, with mean 0 and spread 1; what is not a finite number becomes the mean."""
        pixels = np.where(np.isfinite(pixels), pixels, self.mean)
        return (np.clip(pixels, self.low, self.high) - self.mean) / self.spread

    def for_channels(self, channels: int) -> IntensityRange:
        """The statistics that fit pixels after ``match_channels``."""
        if len(self.low) in (1, channels):
            return self
        pooled = (np.atleast_1d(values.mean()) for values in (self.low, self.high, self.mean, self.spread))
        return IntensityRange(*pooled)


class Normalisation(BaseModel):
    """How intensities are normalised; stored in each checkpoint so that prediction does as training did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low_percentile: float = Field(0.5, ge=0, lt=50)
    high_percentile: float = Field(99.5, gt=50, le=100)

    def fit(self, micrograph: Micrograph, slice_index: int) -> IntensityRange:
        """Range of one slice from at most about a million of its finite pixels.

        Where the percentiles coincide, as for a few bright pixels on black, the extremes are taken; a constant slice,
        or one of a stack that holds nothing finite, gets spread 1. Raises MicrographError if a whole micrograph does.
        """
        rows, columns = (slice(None, None, max(1, length // _SAMPLE_SIDE)) for length in micrograph.size)
        sample = micrograph.crop(slice_index, rows, columns).reshape(-1, micrograph.channels)
        sample = sample[np.isfinite(sample).all(axis=1)]
        if not len(sample):
            if micrograph.slice_count == 1:
                raise MicrographError(f"{micrograph.name} holds no finite pixel. Check the file, or leave it out.")
            sample = np.zeros((1, micrograph.channels), np.float32)
        low, high = np.percentile(sample, [self.low_percentile, self.high_percentile], axis=0).astype(np.float32)
        low, high = np.where(low < high, (low, high), (sample.min(axis=0), sample.max(axis=0)))
        clipped = np.clip(sample, low, high)
        spread = clipped.std(axis=0)
        return IntensityRange(low, high, clipped.mean(axis=0), np.where(spread > 0, spread, 1).astype(np.float32))


def normalised_crop(
    micrograph: Micrograph, slice_index: int, intensities: IntensityRange, channels: int, region: tuple[slice, slice]
) -> npt.NDArray[np.float32]:
    """Pixels (h, w, channels) of a region of a slice as a network takes them."""
    pixels = match_channels(micrograph.crop(slice_index, *region), channels, micrograph.name)
    return intensities.for_channels(channels).apply(pixels)


def match_channels(pixels: npt.NDArray[np.float32], channels: int, name: str) -> npt.NDArray[np.float32]:
    """Pixels (h, w, c) with as many channels as a network takes: grey is repeated, colour averaged."""
    present = pixels.shape[-1]
    if present == channels:
        return pixels
    if present == 1:
        return np.repeat(pixels, channels, axis=-1)
    if channels == 1:
        grey: npt.NDArray[np.float32] = pixels.mean(axis=-1, keepdims=True)
        return grey
    raise MicrographError(
        f"{name} has {present} channels, the network takes {channels}. Use micrographs of the same kind."
    )
