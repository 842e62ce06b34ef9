"""Where the databar is: the band with text that microscopes add to a micrograph or draw into it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.micrographs.micrograph import Micrograph

_SMALLEST_SIDE = 48
_COLUMNS = 1024
_HEIGHTS = (0.015, 0.29)
"""Least and greatest height of a databar as a share of the picture's."""
_TOLERANCE = 0.06
"""How far brightness may be from the databar's background; 1 is the span of the specimen's brightness."""
_INK = 0.25
"""How far from the background text is."""


def databar_rows(micrograph: Micrograph) -> slice | None:
    """Rows that show no specimen: as the header says, else as found in the first slice; None if there is no databar.

    The micrograph is as it was read: the header knows nothing of a working scale.
    """
    acquisition, (height, width) = micrograph.acquisition, micrograph.size
    if acquisition is None or acquisition.databar_height is None:
        return find_databar(micrograph.crop(0, slice(None), slice(None, None, _every(width))))
    return slice(height - acquisition.databar_height, height) if acquisition.databar_height else None


def find_databar(pixels: Any) -> slice | None:
    """Rows of the databar at the bottom or the top of a picture (h, w) or (h, w, channels), numpy or dask.

    It is a band of one brightness over the full width, with text, that ends at a straight edge. One that is as dark
    as the specimen beside it cannot be told from the picture.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST_SIDE:
        return None
    grey = _grey(np.asarray(pixels[:, :: _every(width)]))
    for rows, is_bottom in ((grey[::-1], True), (grey, False)):
        band = _band_height(rows)
        if band:
            return slice(height - band, height) if is_bottom else slice(0, band)
    return None


def _every(width: int) -> int:
    return max(1, width // _COLUMNS)


def _grey(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Brightness (h, w) in spans of the specimen's, taken from the middle of the picture, clipped a quarter outside."""
    grey = np.nan_to_num(pixels.astype(np.float32), posinf=0, neginf=0)
    grey = grey[..., :3].mean(axis=-1) if grey.ndim == 3 else grey
    margin = len(grey) * 3 // 10
    low, high = np.percentile(grey[margin:-margin], (0.2, 99.8))
    scaled: npt.NDArray[np.float32] = np.clip((grey - low) / max(high - low, 1e-6), -0.25, 1.25)
    return scaled


def _band_height(rows: npt.NDArray[np.float32]) -> int:
    """Rows of a databar in ``rows`` (h, w), which begin at the picture's border; 0 if there is none."""
    background = _most_common(rows[: max(8, len(rows) // 20)])
    is_background = np.abs(rows - background) <= _TOLERANCE
    height = _extent(is_background.mean(axis=1))
    lowest, highest = (share * len(rows) for share in _HEIGHTS)
    if not max(6, lowest) <= height < highest:
        return 0
    is_databar = (
        _has_straight_edge(is_background, height)
        and _is_plain(rows[:height], is_background[:height])
        and _has_text(np.abs(rows[:height] - background) > _INK)
    )
    return height + _border_line(rows[height:]) if is_databar else 0


def _most_common(values: npt.NDArray[np.float32]) -> float:
    counts, edges = np.histogram(values, bins=96, range=(-0.25, 1.25))
    peak = int(np.convolve(counts, (1, 1, 1), "same").argmax())
    near = values[(values >= edges[max(0, peak - 1)]) & (values <= edges[min(96, peak + 2)])]
    return float(np.median(near))


def _extent(share: npt.NDArray[np.float64]) -> int:
    """Rows up to the last with enough background, over frames at the border and lines between the fields of text."""
    rows = np.flatnonzero(share >= 0.4)
    frame, line = max(3, len(share) // 40), max(2, len(share) // 100)
    if not len(rows) or rows[0] > frame:
        return 0
    gaps = np.diff(rows) - 1
    allowed = np.where(rows[:-1] > line, line, frame)
    ends = np.flatnonzero(gaps > allowed)
    return int(rows[ends[0] if len(ends) else -1]) + 1


def _has_straight_edge(is_background: npt.NDArray[np.bool_], height: int) -> bool:
    """Whether most of the background ends within two rows, as the wavy edge of a coating does not."""
    share = is_background[max(0, height - 4) : height + 3].mean(axis=1)
    return bool((share[:-2] - share[2:]).max() >= 0.42)


def _is_plain(band: npt.NDArray[np.float32], is_background: npt.NDArray[np.bool_]) -> bool:
    """Whether there is background in every eighth of the width, and hardly any noise in it."""
    parts = np.array_split(is_background, 8, axis=1)
    return bool(min(part.mean() for part in parts) >= 0.2 and band[is_background].std() <= 0.025)


def _has_text(ink: npt.NDArray[np.bool_]) -> bool:
    """Whether at least three rows cross at least four strokes, and not too much is covered."""
    strokes = (ink[:, 1:] & ~ink[:, :-1]).sum(axis=1)
    return bool((strokes >= 4).sum() >= 3 and 0.004 <= ink.mean() <= 0.45)


def _border_line(rows: npt.NDArray[np.float32]) -> int:
    """How many of the next three rows are of one brightness, as a line around the databar is."""
    is_line = [np.ptp(np.quantile(row, (0.05, 0.95))) <= _TOLERANCE for row in rows[:3]]
    return is_line.index(False) if False in is_line else 0
