"""Superpixels: small regions that keep to the edges of a micrograph."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

COMPACTNESS = 0.1
"""Of grey values from 0 to 1; smaller keeps closer to the edges, larger makes rounder regions."""
COLOUR_COMPACTNESS = 10.0
"""Of colours in Lab units, which run to 100."""
SMOOTHING = 1.0
ITERATIONS = 5
OUTLIERS = (1, 99)
"""Percentiles between which grey values are spread from 0 to 1."""


def superpixels(picture: npt.NDArray[np.generic], size: int) -> npt.NDArray[np.int32]:
    """Numbers (h, w) from 1 of regions that are about ``size`` pixels wide in a picture (h, w) or (h, w, 3 or 4).

    SLIC: Achanta et al., IEEE TPAMI 34 (2012) 2274.
    """
    from skimage.segmentation import slic

    is_colour = picture.ndim == 3
    height, width = picture.shape[:2]
    regions: npt.NDArray[np.int32] = slic(
        _spread(picture[..., :3] if is_colour else picture),
        n_segments=max(1, round(height * width / size**2)),
        compactness=COLOUR_COMPACTNESS if is_colour else COMPACTNESS,
        max_num_iter=ITERATIONS,
        sigma=SMOOTHING,
        channel_axis=-1 if is_colour else None,
        start_label=1,
    ).astype(np.int32)
    return regions


def _spread(picture: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """From 0 to 1; an even picture becomes 0."""
    values = np.nan_to_num(picture.astype(np.float32))
    low, high = np.percentile(values, OUTLIERS)
    spread: npt.NDArray[np.float32] = np.clip((values - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
    return spread
