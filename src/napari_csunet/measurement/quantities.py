"""What is measured on objects: its name, its title for people, and its unit as a power of the length."""

from __future__ import annotations

from dataclasses import dataclass

from napari_csunet.measurement.scale import Scale


@dataclass(frozen=True)
class Quantity:
    """A column of the object table. power: of the length in its unit. weight: column of what each row counts.

    largest: that a mean can be.
    """

    name: str
    title: str
    power: int
    weight: str = "weight"
    largest: float = float("inf")

    def unit(self, scale: Scale) -> str:
        return scale.quantity(self.power)[1]


OBJECT_QUANTITIES = (
    Quantity("area", "Area", 2),
    Quantity("equivalent_diameter", "Equivalent circular diameter", 1),
    Quantity("perimeter", "Perimeter", 1),
    Quantity("aspect_ratio", "Aspect ratio", 0),
    Quantity("circularity", "Circularity", 0, largest=1),
    Quantity("feret_max", "Largest Feret diameter", 1),
    Quantity("feret_min", "Smallest Feret diameter", 1),
    Quantity("nearest_neighbour", "Nearest-neighbour distance", 1, "neighbour_weight"),
)
"""Those with a mean and percentiles; the orientation has none, since 89° and −89° are neighbours."""

DEGREES = "°"
