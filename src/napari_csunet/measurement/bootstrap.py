"""Confidence intervals of ratios over a picture whose neighbouring pixels are alike.

Pixels of a micrograph are no independent trials: what counts is how many structures the field of view holds. Every
number here that is a sum over a sum (area fraction, crossings per length, mean of object sizes) gets its interval by
drawing blocks that are larger than the structure, again and again.

Sources: circular blocks: Politis and Romano (1992); blocks in the plane: Lahiri, Resampling Methods for Dependent
Data (2003), ch. 12; several levels: Davison and Hinkley, Bootstrap Methods (1997), sec. 3.8; few blocks: Hesterberg,
The American Statistician 69 (2015) 371 (expanded percentiles).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, special

Cells = npt.NDArray[np.float64]

CONFIDENCE = 0.95
MOST_CELLS = 32
FEWEST_BLOCKS = 4
REPLICATES = 999
_UNCORRELATED = 0.1
_ALIKE = 1e-9
_NOISE = 1e-12
"""What a sum of rounded numbers may be off by, as a share of it."""


@dataclass(frozen=True, eq=False)
class RatioCells:
    """What stands above and below the line of a ratio, summed over a grid of cells of one field of view.

    above, below: (rows, columns). shape: height and width of the field in pixels.
    """

    above: Cells
    below: Cells
    shape: tuple[int, int]

    @classmethod
    def of(cls, above: npt.NDArray[np.generic], below: npt.NDArray[np.generic]) -> RatioCells:
        """Sums of two maps (h, w) over cells."""
        height, width = above.shape
        return cls(cell_sums(above), cell_sums(below), (height, width))

    @classmethod
    def at_points(
        cls,
        points: npt.NDArray[np.float64],
        above: npt.NDArray[np.float64],
        below: npt.NDArray[np.float64],
        shape: tuple[int, int],
    ) -> RatioCells:
        """Sums over objects that lie at ``points`` (n, 2), row and column in pixels."""
        edges = [np.append(_starts(n), n) for n in shape]
        sums = [np.histogram2d(points[:, 0], points[:, 1], bins=edges, weights=what)[0] for what in (above, below)]
        return cls(sums[0], sums[1], shape)


@dataclass(frozen=True)
class Estimate:
    """A number, its 95 % confidence interval (NaN if there can be none) and how the interval was found."""

    value: float
    low: float
    high: float
    method: str

    def times(self, factor: float) -> Estimate:
        return Estimate(self.value * factor, self.low * factor, self.high * factor, self.method)

    def inverse(self, factor: float = 1.0) -> Estimate:
        """Estimate of ``factor / value``; NaN if the value is 0."""
        if not self.value:
            return Estimate(float("nan"), float("nan"), float("nan"), self.method)
        low, high = (factor / x if x else float("inf") for x in (self.high, self.low))
        return Estimate(factor / self.value, low, high, self.method)


def cell_sums(values: npt.NDArray[np.generic]) -> Cells:
    """Sums of a map (h, w) over at most 32 × 32 cells of nearly equal size."""
    rows, columns = (_starts(n) for n in values.shape)
    numbers = values if values.dtype.kind == "f" else values.astype(np.float32)  # counts along a row stay exact
    by_column = np.add.reduceat(numbers, columns, axis=1)
    sums: Cells = np.add.reduceat(by_column, rows, axis=0, dtype=np.float64)
    return sums


def ratio(fields: Sequence[RatioCells], largest: float = np.inf) -> Estimate:
    """Sum of all above over sum of all below, with an interval that lies between 0 and ``largest``.

    Within a field, blocks wider than the distance over which its cells are alike are drawn with replacement. Of
    several fields, whole fields are drawn too, with as much scatter between them as their blocks do not explain.
    """
    below = sum(float(f.below.sum()) for f in fields)
    if not below:
        return Estimate(float("nan"), float("nan"), float("nan"), "nothing to measure")
    value = sum(float(f.above.sum()) for f in fields) / below
    if all(not f.above.any() for f in fields):
        return Estimate(value, float("nan"), float("nan"), "no interval: nothing was found")
    fields = [f for f in fields if f.below.any()]
    blocks = [_block(f) for f in fields]
    counts = [min(_block_count(f, b), int(np.count_nonzero(f.below))) for f, b in zip(fields, blocks, strict=True)]
    if sum(counts) < FEWEST_BLOCKS:
        return Estimate(value, float("nan"), float("nan"), "no interval: too few blocks or objects")
    shifts, freedom = _replicates(fields, blocks, value, sum(counts))
    if shifts.std() <= _ALIKE * max(abs(value), 1) * below:
        return Estimate(value, float("nan"), float("nan"), "no interval: all blocks are alike")
    tail = special.ndtr(-np.sqrt((freedom + 1) / freedom) * special.stdtrit(freedom, (1 + CONFIDENCE) / 2))
    ends = np.clip(value + np.quantile(shifts / below, [tail, 1 - tail]), 0, largest)
    low, high = (0.0 if end < _NOISE * value else float(end) for end in ends)
    return Estimate(value, low, high, _method(fields, blocks, sum(counts)))


def _replicates(
    fields: Sequence[RatioCells], blocks: Sequence[tuple[int, int]], value: float, count: int
) -> tuple[Cells, float]:
    """Deviations of the sum above the line in each replicate, and the degrees of freedom behind them."""
    random = np.random.default_rng(0)
    noise = np.array([_block_noise(f, b, random) for f, b in zip(fields, blocks, strict=True)])  # (fields, replicates)
    within = float(noise.var(axis=1).sum())
    m = len(fields)
    if m == 1:
        return noise[0], max(1.0, count - 1.0)
    residuals = np.array([f.above.sum() - value * f.below.sum() for f in fields])
    total = m / (m - 1) * float((residuals**2).sum())
    between = max(0.0, total - within)
    shrunk = residuals * np.sqrt(between / total * m / (m - 1)) if total else residuals
    drawn = random.integers(0, m, (m, REPLICATES))
    shifts = shrunk[drawn].sum(axis=0) + noise.sum(axis=0)
    spread = between**2 / (m - 1) + within**2 / max(1, count - m)
    return shifts, (between + within) ** 2 / spread if spread else 1.0


def _block_noise(field: RatioCells, block: tuple[int, int], random: np.random.Generator) -> Cells:
    """Deviation of the field's sum above the line, drawn from blocks that wrap around, (replicates,)."""
    residuals = field.above - field.above.sum() / field.below.sum() * field.below
    wrapped = np.pad(residuals, [(1, block[0] - 1), (1, block[1] - 1)], mode="wrap")
    wrapped[0], wrapped[:, 0] = 0, 0
    table = wrapped.cumsum(axis=0).cumsum(axis=1)
    sums = _block_sums(table, block, residuals.shape)
    draws = _block_count(field, block)
    scale = np.sqrt(residuals.size / (block[0] * block[1]) / draws)
    noise: Cells = random.choice(sums.ravel(), (draws, REPLICATES)).sum(axis=0) * scale
    return noise


def _block_sums(table: Cells, block: tuple[int, int], shape: tuple[int, ...]) -> Cells:
    (r, c), (h, w) = block, shape
    sums: Cells = table[r:, c:] - table[:-r, c:] - table[r:, :-c] + table[:-r, :-c]
    return sums[:h, :w]


def _block(field: RatioCells) -> tuple[int, int]:
    """Rows and columns of a block in cells: 3 × the reach of the correlation, from 1/8 to 1/3 of the field."""
    residuals = field.above - field.above.sum() / field.below.sum() * field.below
    reach = 3 * _reach(residuals)
    rows, columns = (max(1, round(np.clip(reach, n / 8, n / 3))) for n in residuals.shape)
    return rows, columns


def _reach(residuals: Cells) -> float:
    """Distance in cells at which the correlation of cells, averaged over directions, falls below 0.1."""
    h, w = residuals.shape
    power = np.abs(fft.rfft2(residuals, (2 * h, 2 * w))) ** 2
    covariance = fft.irfft2(power, (2 * h, 2 * w))[:h, :w]
    if covariance[0, 0] <= 0:
        return 1.0
    distance = np.rint(np.hypot(*np.indices((h, w)))).astype(int).ravel()
    overlap = np.outer(np.arange(h, 0, -1), np.arange(w, 0, -1)) / (h * w)
    by_distance = np.bincount(distance, (covariance / overlap).ravel()) / np.bincount(distance)
    low = np.flatnonzero(by_distance < _UNCORRELATED * covariance[0, 0])
    return float(low[0]) if low.size else float(max(h, w))


def _block_count(field: RatioCells, block: tuple[int, int]) -> int:
    h, w = field.above.shape
    return max(1, round(float(h * w) / (block[0] * block[1])))


def _method(fields: Sequence[RatioCells], blocks: Sequence[tuple[int, int]], count: int) -> str:
    (h, w), (rows, columns) = fields[0].shape, fields[0].above.shape
    size = f"{round(blocks[0][0] * h / rows)} × {round(blocks[0][1] * w / columns)} px"
    if len(fields) == 1:
        return f"block bootstrap: {count} blocks of {size}"
    return f"block bootstrap within {len(fields)} fields of view, which are drawn too: {count} blocks of about {size}"


def _starts(length: int) -> npt.NDArray[np.intp]:
    """First pixel of each cell along an axis."""
    count = max(1, min(MOST_CELLS, length))
    return np.arange(count) * length // count
