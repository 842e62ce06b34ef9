"""What the plot of a measurement shows: how a property of the objects is distributed, together or group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_csunet.measurement.distribution import weighted_quantile
from napari_csunet.measurement.quantities import DEGREES, OBJECT_QUANTITIES, Quantity
from napari_csunet.measurement.scale import Scale

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

ORIENTATION = Quantity("orientation", "Orientation", 0)
SHORT = {
    "equivalent_diameter": "Diameter",
    "feret_max": "Largest Feret",
    "feret_min": "Smallest Feret",
    "nearest_neighbour": "Neighbour distance",
}
PROPERTIES = {
    SHORT.get(quantity.name, quantity.title): quantity
    for quantity in (*OBJECT_QUANTITIES[1::-1], *OBJECT_QUANTITIES[2:], ORIENTATION)
}
"""What can be plotted and coloured, by a short title; the diameter first."""

TOGETHER = "together"
FEWEST_BINS, MOST_BINS = 8, 40


@dataclass(frozen=True, eq=False)
class Distribution:
    """Sorted values of a property and how much each object counts."""

    name: str
    values: Floats
    weights: Floats

    @property
    def median(self) -> float:
        return weighted_quantile(self.values, self.weights, 0.5)

    def histogram(self, edges: Floats) -> Floats:
        """Share of the objects in each bin."""
        counts = np.histogram(self.values, edges, weights=self.weights)[0]
        shares: Floats = counts / self.weights.sum()
        return shares

    def cumulative(self) -> Floats:
        """Share of the objects that are no larger than each value."""
        sums: Floats = np.cumsum(self.weights) / self.weights.sum()
        return sums


def unit_of(quantity: Quantity, unit: str) -> str:
    """Of a property, if lengths are in ``unit``."""
    return DEGREES if quantity is ORIENTATION else quantity.unit(Scale(1, 1, unit))


def distributions(objects: pd.DataFrame, quantity: Quantity, groups: Mapping[str, str]) -> list[Distribution]:
    """Those of objects that count, in the order of the table; groups without any are left out.

    ``groups``: that of each micrograph.
    """
    parts = objects.groupby(objects["micrograph"].astype(str).map(groups), sort=False)
    made = (_distribution(str(name), part, quantity) for name, part in parts)
    return [one for one in made if one.values.size]


def _distribution(name: str, objects: pd.DataFrame, quantity: Quantity) -> Distribution:
    values, weights = (objects[c].to_numpy(np.float64) for c in (quantity.name, quantity.weight))
    counts = np.isfinite(values) & (weights > 0)
    order = np.argsort(values[counts])
    return Distribution(name, values[counts][order], weights[counts][order])


def bin_edges(values: Floats) -> Floats:
    """Edges of bins of the width that Freedman and Diaconis (1981) give, within limits."""
    low, high = float(values.min()), float(values.max())
    if low > 0:
        low = 0.0 if low < 0.5 * high else low
    quarter, three_quarters = np.quantile(values, (0.25, 0.75))
    width = 2 * (three_quarters - quarter) / values.size ** (1 / 3)
    span = high - low or abs(high) or 1.0
    bins = int(np.clip(np.ceil(span / width), FEWEST_BINS, MOST_BINS)) if width > 0 else FEWEST_BINS
    return np.linspace(low, low + span * 1.0001, bins + 1)
