"""Rows of the summary: every number with its class, unit, interval and method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_csunet.measurement import intercepts
from napari_csunet.measurement.bootstrap import Estimate, RatioCells, ratio
from napari_csunet.measurement.distribution import PERCENTILES, weighted_mean, weighted_quantile, weighted_std
from napari_csunet.measurement.field import Field
from napari_csunet.measurement.grains import grain_size_number, mean_lineal_intercept
from napari_csunet.measurement.intercepts import LineCounts
from napari_csunet.measurement.lattice import PRINCIPAL_STEPS, directions
from napari_csunet.measurement.layers import Layer, mean_thickness
from napari_csunet.measurement.quantities import DEGREES, OBJECT_QUANTITIES, Quantity
from napari_csunet.measurement.scale import Scale

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
RANDOM = "random lines"
NUMBER, AREA = "number", "area"


class Row(NamedTuple):
    """One number. low, high: 95 % confidence interval, NaN where there is none, and method says how it was found."""

    quantity: str
    statistic: str
    weighting: str
    value: float
    low: float
    high: float
    unit: str
    method: str


@dataclass(frozen=True, eq=False)
class LinesInField:
    """Test lines over a class in one field."""

    field: Field
    value: int
    lines: Sequence[LineCounts]


@dataclass(frozen=True, eq=False)
class ObjectsInField:
    """Objects of a class in one field; see ``particles.object_table``."""

    field: Field
    objects: pd.DataFrame


def phase_rows(parts: Sequence[LinesInField]) -> Iterator[Row]:
    """Area fraction, intercepts, interface and free path of a class over fields of view."""
    scale, lines = parts[0].field.scale, [part.lines for part in parts]
    share = ratio([RatioCells.of(p.field.inside(p.value), p.field.valid) for p in parts], largest=1)
    yield _row("area_fraction", "mean", share)
    for name, of in (("intercept_length", intercepts.mean_intercept), ("free_path", intercepts.mean_free_path)):
        for direction, degrees in _line_directions(scale):
            yield _row(name, f"mean, {direction}", of(lines, degrees), scale, 1)
    interface = intercepts.interface_per_area(lines)
    yield _row("interface_per_area", "mean", interface, scale, -1)
    yield _row("interface_per_volume", "mean", interface.times(4 / np.pi), scale, -1)


def object_rows(parts: Sequence[ObjectsInField]) -> Iterator[Row]:
    """Number, sizes and shapes of the objects of a class over fields of view."""
    scale = parts[0].field.scale
    tables = [part.objects for part in parts]
    yield _plain("count", "all objects", sum(map(len, tables)))
    yield _plain("count", "counted", sum(int((t["weight"] > 0).sum()) for t in tables))
    yield _row("count_per_area", "mean", _per_area(parts), scale, -2)
    for quantity in OBJECT_QUANTITIES:
        for weighting in (NUMBER, AREA):
            yield from _distribution(quantity, weighting, parts, tables)
    yield from _orientation(tables)


def layer_rows(layers: Sequence[Layer]) -> Iterator[Row]:
    """Thickness of layers over fields of view."""
    unit, known = layers[0].unit, np.concatenate([layer.thicknesses for layer in layers])
    mean = mean_thickness(layers)
    yield Row("layer_thickness", "mean", "", mean.value, mean.low, mean.high, unit, mean.method)
    known = known if known.size else np.array([np.nan])
    deviation = known.std() if known.size > 1 else np.nan
    for statistic, value in (("minimum", known.min()), ("maximum", known.max()), ("standard deviation", deviation)):
        yield _plain("layer_thickness", statistic, float(value), unit)


def grain_rows(lines: Sequence[Sequence[LineCounts]], scale: Scale) -> Iterator[Row]:
    """Mean lineal intercept and ASTM grain size number over fields of view."""
    for direction, degrees in _line_directions(scale):
        yield _row("lineal_intercept", f"mean, {direction}", mean_lineal_intercept(lines, degrees), scale, 1)
    yield _row("grain_size_number", "ASTM E112 G", grain_size_number(mean_lineal_intercept(lines), scale))


def _line_directions(scale: Scale) -> list[tuple[str, float | None]]:
    angles = [d.degrees for d in directions(scale, PRINCIPAL_STEPS)]
    return [(RANDOM, None), *((f"{angle:.0f}{DEGREES}", angle) for angle in angles)]


def _row(quantity: str, statistic: str, estimate: Estimate, scale: Scale | None = None, power: int = 0) -> Row:
    factor, unit = scale.quantity(power) if scale else (1.0, "")
    e = estimate.times(factor)
    return Row(quantity, statistic, "", e.value, e.low, e.high, unit, e.method)


def _plain(quantity: str, statistic: str, value: float, unit: str = "", weighting: str = "") -> Row:
    return Row(quantity, statistic, weighting, float(value), float("nan"), float("nan"), unit, "")


def _per_area(parts: Sequence[ObjectsInField]) -> Estimate:
    """N_A = Σ weights / area of the fields."""
    counted = [_at_objects(part, "weight", "area").below for part in parts]
    areas = [RatioCells.of(p.field.valid, p.field.valid) for p in parts]
    scales = [part.field.scale.pixel_area for part in parts]
    return ratio([RatioCells(n, a.below * s, a.shape) for n, a, s in zip(counted, areas, scales, strict=True)])


def _at_objects(part: ObjectsInField, weight: str, column: str, weighting: str = NUMBER) -> RatioCells:
    """Weighted sums of a column of the object table, and of the weights, at the places of the objects."""
    table, shape = part.objects, part.field.valid.shape
    weights = _weights(table, weight, weighting)
    values = np.nan_to_num(_column(table, column))
    points = table[["row", "column"]].to_numpy(np.float64)
    return RatioCells.at_points(points, weights * values, weights, (shape[0], shape[1]))


def _distribution(
    quantity: Quantity, weighting: str, parts: Sequence[ObjectsInField], tables: Sequence[pd.DataFrame]
) -> Iterator[Row]:
    unit = quantity.unit(parts[0].field.scale)
    mean = ratio([_at_objects(p, quantity.weight, quantity.name, weighting) for p in parts], quantity.largest)
    yield Row(quantity.name, "mean", weighting, mean.value, mean.low, mean.high, unit, mean.method)
    values = np.nan_to_num(np.concatenate([_column(t, quantity.name) for t in tables]))
    weights = np.concatenate([_weights(t, quantity.weight, weighting) for t in tables])
    yield _plain(quantity.name, "standard deviation", weighted_std(values, weights), unit, weighting)
    for statistic, share in PERCENTILES.items():
        yield _plain(quantity.name, statistic, weighted_quantile(values, weights, share), unit, weighting)


def _orientation(tables: Sequence[pd.DataFrame]) -> Iterator[Row]:
    """Mean direction of axes by doubled angles, and how well they agree, 0 to 1 (Mardia and Jupp 2000)."""
    angles = np.radians(np.concatenate([_column(t, "orientation") for t in tables]))
    weights = np.concatenate([_column(t, "weight") for t in tables])
    cosine, sine = weighted_mean(np.cos(2 * angles), weights), weighted_mean(np.sin(2 * angles), weights)
    yield _plain("orientation", "mean", float(np.degrees(np.arctan2(sine, cosine) / 2)), DEGREES, NUMBER)
    yield _plain("orientation", "alignment", float(np.hypot(sine, cosine)), "", NUMBER)


def _weights(table: pd.DataFrame, weight: str, weighting: str) -> Floats:
    weights = _column(table, weight)
    return weights * _column(table, "area") if weighting == AREA else weights


def _column(table: pd.DataFrame, name: str) -> Floats:
    values: Floats = table[name].to_numpy(np.float64)
    return values
