"""Two-point correlation: how likely both ends of a line of given length lie in a phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_csunet.errors import MicrographError
from napari_csunet.measurement.field import Bools, Field

if TYPE_CHECKING:
    import pandas as pd

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pixel pairs of one field over bins of their distance.

    both: with both pixels in the phase. pairs: with both valid. distances: sum of the distances of those pairs.
    """

    both: Counts
    pairs: Counts
    distances: Counts


def two_point_correlation(fields: Sequence[Field], value: int, reach: float | None = None) -> pd.DataFrame:
    """Columns distance (unit of the scale), probability and pairs, averaged over directions and fields of view.

    S2(r) = pairs of pixels at distance r with both in the phase / pairs with both valid. S2(0) is the area fraction,
    S2(∞) its square, and the slope at 0 is −L_A/π = −S_V/4. Distances go up to ``reach``, else to a quarter of the
    shorter side. Source: Torquato, Random Heterogeneous Materials (2002); of pictures: Berryman and Blair, J. Appl.
    Phys. 60 (1986) 1930; slope: Debye, Anderson and Brumberger, J. Appl. Phys. 28 (1957) 679.
    """
    width = bin_width(fields)
    return correlation_table([count_pairs(field, value, width, reach) for field in fields])


def bin_width(fields: Sequence[Field]) -> float:
    """Width of the bins of distance: the longest side of any pixel."""
    return max(max(f.scale.y, f.scale.x) for f in fields)


def count_pairs(field: Field, value: int, width: float, reach: float | None = None) -> PairCounts:
    """Pairs of a class in one field; raises MicrographError if ``reach`` is not above 0."""
    reach = _quarter(field) if reach is None else reach
    if not reach > 0:
        raise MicrographError(f"A two-point correlation up to {reach:g} {field.scale.unit} is empty. Use more than 0.")
    steps = (field.scale.y, field.scale.x)
    limits = [min(n - 1, int(reach / step)) for n, step in zip(field.valid.shape, steps, strict=True)]
    rows, columns = np.arange(limits[0] + 1), np.arange(-limits[1], limits[1] + 1)
    distance = np.hypot(rows[:, None] * steps[0], columns * steps[1])
    near = distance <= reach
    near[0, : limits[1]] = False  # the other half of the row, as all rows above, is the same pairs again
    bins = np.rint(distance[near] / width).astype(int)
    both, pairs = (_lagged_pairs(what, limits)[near] for what in (field.inside(value), field.valid))
    sums = [np.bincount(bins, what).astype(np.float64) for what in (both, pairs, pairs * distance[near])]
    return PairCounts(*sums)


def correlation_table(counts: Sequence[PairCounts]) -> pd.DataFrame:
    """Table of ``two_point_correlation`` over fields whose bins have one width."""
    import pandas as pd

    both, pairs, distances = (_added([getattr(c, n) for c in counts]) for n in ("both", "pairs", "distances"))
    seen = pairs > 0
    return pd.DataFrame(
        {"distance": distances[seen] / pairs[seen], "probability": both[seen] / pairs[seen], "pairs": pairs[seen]}
    )


def _lagged_pairs(inside: Bools, limits: Sequence[int]) -> Counts:
    """Number of pixel pairs for lags of 0…rows and −columns…columns."""
    rows, columns = limits
    shape = [fft.next_fast_len(n + limit, real=True) for n, limit in zip(inside.shape, limits, strict=True)]
    spectrum = fft.rfft2(inside.astype(np.float32), shape)
    pairs = fft.irfft2(np.abs(spectrum) ** 2, shape)[: rows + 1]
    lagged: Counts = np.rint(np.roll(pairs, columns, axis=1)[:, : 2 * columns + 1]).astype(np.float64)
    return lagged


def _quarter(field: Field) -> float:
    (height, width), scale = field.valid.shape, field.scale
    return float(max(scale.y, scale.x, min(height * scale.y, width * scale.x) / 4))


def _added(counts: Sequence[Counts]) -> Counts:
    total = np.zeros(max(c.size for c in counts))
    for c in counts:
        total[: c.size] += c
    return total
