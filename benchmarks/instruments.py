"""What other instruments would make of a micrograph, simulated; see ``out_of_distribution.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from skimage.transform import resize

Picture = npt.NDArray[np.float64]
"""Grey values (h, w) from 0 to 1."""
AS_RECORDED = "as recorded"
NOISE = 0.08
"""Standard deviation, of a range of 1."""


def _blurred_and_noisy(picture: Picture, random: np.random.Generator) -> Picture:
    blurred: Picture = gaussian_filter(picture, 1.5)
    return blurred + random.normal(0, NOISE, picture.shape)


def _flat_under_a_gradient(picture: Picture, _: np.random.Generator) -> Picture:
    """A quarter of the contrast; brightness rises by 0.4 from left to right."""
    return 0.2 + 0.25 * picture + np.linspace(0, 0.4, picture.shape[1])


APPEARANCES: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "inverted contrast": lambda picture, _: 1 - picture,
    "gamma 0.5": lambda picture, _: picture**0.5,
    "gamma 2": lambda picture, _: picture**2,
    "blur and noise": _blurred_and_noisy,
    "low contrast, gradient": _flat_under_a_gradient,
}
MAGNIFICATIONS = {"magnified 0.75": 0.75, "magnified 1.4": 1.4}
INSTRUMENTS = (AS_RECORDED, *APPEARANCES, *MAGNIFICATIONS)


def recorded_by(
    instrument: str, picture: Picture, mask: npt.NDArray[Any], seed: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """8-bit micrograph and mask as this instrument would give them."""
    if instrument in MAGNIFICATIONS:
        size = [round(side * MAGNIFICATIONS[instrument]) for side in mask.shape]
        picture = _resized(picture, size)
        mask = _resized(mask, size, order=0, preserve_range=True, anti_aliasing=False).astype(mask.dtype)
    elif instrument in APPEARANCES:
        picture = APPEARANCES[instrument](picture, np.random.default_rng(seed))
    return np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8), mask


def _resized(values: Any, size: list[int], **how: Any) -> Any:
    return resize(values, size, **{"anti_aliasing": True, **how})  # type: ignore[no-untyped-call]
