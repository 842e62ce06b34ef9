"""Statistics of objects that count differently: mean and percentiles, by number and by area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PERCENTILES = {"D10": 0.1, "median": 0.5, "D90": 0.9}
"""D50 is the median."""


def weighted_mean(values: Floats, weights: Floats) -> float:
    """Σwx / Σw; NaN if nothing has weight."""
    total = float(weights.sum())
    return float((weights * values).sum() / total) if total else float("nan")


def weighted_std(values: Floats, weights: Floats) -> float:
    """Standard deviation of the distribution, √(Σw(x − x̄)² / Σw); NaN if fewer than two have weight."""
    if np.count_nonzero(weights) < 2:
        return float("nan")
    return float(np.sqrt(weighted_mean((values - weighted_mean(values, weights)) ** 2, weights)))


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Value below which ``share`` of the weight lies; NaN if nothing has weight.

    Linear between objects, each standing in the middle of its weight (Hazen 1914; Hyndman and Fan, The American
    Statistician 50 (1996) 361, type 5); the median of equal weights is the usual one.
    """
    values, weights = values[weights > 0], weights[weights > 0]
    if not values.size:
        return float("nan")
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    middles = (cumulative - weights[order] / 2) / cumulative[-1]
    return float(np.interp(share, middles, values[order]))
