"""What test lines tell about a phase: mean intercept length, interface, free path.

P_L is the number of times a test line crosses the boundary of the phase per length of line, L_L the share of the line
in the phase (= its area fraction). Sources: Underwood, Quantitative Stereology (1970); Fullman, Trans. AIME
197 (1953) 447 (free path). What the border cuts is no bias, since whole lines and crossings are counted, not chords.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.measurement.bootstrap import Cells, Estimate, RatioCells, cell_sums, ratio
from napari_csunet.measurement.field import Bools
from napari_csunet.measurement.lattice import Direction, directions, neighbours, on_grid
from napari_csunet.measurement.scale import Scale


@dataclass(frozen=True, eq=False)
class LineCounts:
    """Lines of one direction in one field, over cells (rows, columns).

    crossings: their number. inside, length: of line in the phase and altogether, in the unit of the scale.
    """

    direction: Direction
    crossings: Cells
    inside: Cells
    length: Cells
    shape: tuple[int, int]


def count_lines(inside: Bools, valid: Bools, scale: Scale) -> list[LineCounts]:
    """Crossings of the boundary of a phase (h, w) by the test lines of every direction, over valid pixels (h, w)."""
    return [_count(d, inside, valid, _leaves) for d in directions(scale)]


def count_label_lines(labels: npt.NDArray[np.integer], valid: Bools, scale: Scale) -> list[LineCounts]:
    """Crossings from one object to another, (h, w), where objects touch: grains without a boundary class."""
    return [_count(d, labels, valid, np.not_equal) for d in directions(scale)]


def crossings_per_length(fields: Sequence[Sequence[LineCounts]], degrees: float | None = None) -> Estimate:
    """P_L over several fields: along one direction, or along all, weighted so that they stand for random lines."""
    return _over_fields(fields, lambda line: line.crossings / line.direction.length, _steps, degrees)


def interface_per_area(fields: Sequence[Sequence[LineCounts]]) -> Estimate:
    """L_A = π/2 · P_L: length of the boundary of the phase per area of the section."""
    return crossings_per_length(fields).times(np.pi / 2)


def interface_per_volume(fields: Sequence[Sequence[LineCounts]]) -> Estimate:
    """S_V = 2 · P_L = 4/π · L_A: area of the boundary of the phase per volume, if the section stands for all others."""
    return crossings_per_length(fields).times(2)


def mean_intercept(fields: Sequence[Sequence[LineCounts]], degrees: float | None = None) -> Estimate:
    """Mean length of the chords of a phase, 2 · L_L / P_L, along one direction or random (None). NaN if uncrossed."""
    chords = _over_fields(fields, lambda line: line.crossings / 2 / line.direction.length, _inside_steps, degrees)
    return chords.inverse()


def mean_free_path(fields: Sequence[Sequence[LineCounts]], degrees: float | None = None) -> Estimate:
    """Mean distance along a line from the edge of one particle to the next, 2 · (1 − L_L) / P_L: the channel width."""

    def outside(line: LineCounts) -> Cells:
        return (line.length - line.inside) / line.direction.length

    chords = _over_fields(fields, lambda line: line.crossings / 2 / line.direction.length, outside, degrees)
    return chords.inverse()


def chord_lengths(inside: Bools, valid: Bools, scale: Scale, *, vertical: bool = False) -> npt.NDArray[np.float64]:
    """Lengths of the chords of a phase along rows or columns (h, w) that neither border nor excluded pixels cut."""
    phase, known, step = (inside.T, valid.T, scale.y) if vertical else (inside, valid, scale.x)
    state = np.pad(np.where(known, phase.astype(np.int8), 2), [(0, 0), (1, 1)], constant_values=2).ravel()
    starts = np.flatnonzero(np.diff(state)) + 1
    runs, before, after = state[starts[:-1]], state[starts[:-1] - 1], state[starts[1:]]
    lengths: npt.NDArray[np.float64] = np.diff(starts)[(runs == 1) & (before == 0) & (after == 0)] * step
    return lengths


def _count(
    direction: Direction, image: npt.NDArray[np.generic], valid: Bools, crosses: Callable[..., Bools]
) -> LineCounts:
    known = np.logical_and(*neighbours(valid, direction))
    first, second = neighbours(image, direction)
    shape = (int(image.shape[0]), int(image.shape[1]))

    def cells(values: npt.NDArray[np.generic]) -> Cells:
        return cell_sums(on_grid(values, direction, shape))

    in_phase = known * ((first != 0).astype(np.float32) + (second != 0)) / 2
    length = direction.length
    return LineCounts(
        direction, cells(known & crosses(first, second)), length * cells(in_phase), length * cells(known), shape
    )


def _leaves(first: Bools, second: Bools) -> Bools:
    return first ^ second


def _steps(line: LineCounts) -> Cells:
    return line.length / line.direction.length


def _inside_steps(line: LineCounts) -> Cells:
    return line.inside / line.direction.length


def _over_fields(
    fields: Sequence[Sequence[LineCounts]],
    above: Callable[[LineCounts], Cells],
    below: Callable[[LineCounts], Cells],
    degrees: float | None,
) -> Estimate:
    """Ratio of two counts; each direction weighs as much as the angles it stands for."""
    return ratio([_ratio_cells(_chosen(lines, degrees), above, below) for lines in fields])


def _chosen(lines: Sequence[LineCounts], degrees: float | None) -> list[tuple[float, LineCounts]]:
    if degrees is None:
        return [(line.direction.share, line) for line in lines]
    nearest = min(lines, key=lambda line: abs((line.direction.degrees - degrees + 90) % 180 - 90))
    return [(1.0, nearest)]


def _ratio_cells(
    lines: Sequence[tuple[float, LineCounts]],
    above: Callable[[LineCounts], Cells],
    below: Callable[[LineCounts], Cells],
) -> RatioCells:
    tops = np.sum([share * above(line) for share, line in lines], axis=0)
    bottoms = np.sum([share * below(line) for share, line in lines], axis=0)
    return RatioCells(tops, bottoms, lines[0][1].shape)
