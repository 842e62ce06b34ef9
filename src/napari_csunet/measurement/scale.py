"""Lengths in the unit of the tables: nm, µm, or pixels where the size of a pixel is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import PixelSize

NANOMETRES = {"nm": 1.0, "µm": 1e3, "mm": 1e6}
PIXELS = "px"
_MICROMETRES_FROM_NM = 20.0
"""Pixels this large or larger give lengths in µm: a particle of 50 pixels then measures 1 µm."""
_POWERS = {1: "", 2: "²"}


@dataclass(frozen=True)
class Scale:
    """Height and width of a pixel in ``unit``: nm, µm, mm or px. Raises MicrographError unless both are above 0."""

    y: float = 1.0
    x: float = 1.0
    unit: str = PIXELS

    def __post_init__(self) -> None:
        if not (0 < self.y < float("inf") and 0 < self.x < float("inf")):
            raise MicrographError(
                f"A pixel of {self.y:g} × {self.x:g} {self.unit} cannot be measured with. "
                "Give a pixel size above 0, or none to measure in pixels."
            )
        if self.unit != PIXELS and self.unit not in NANOMETRES:
            raise MicrographError(f"{self.unit!r} is not a unit of the tables. Choose nm, µm, mm or px.")

    @classmethod
    def of(cls, size: PixelSize | None, unit: str | None = None) -> Scale:
        """Scale in ``unit``, or in one that suits the pixel. An unknown size counts in pixels."""
        if size is None:
            return cls()
        checked = cls(size.y_nm, size.x_nm, "nm")
        unit = unit or common_unit([size])
        # pixels that are not square stay so where lengths are in pixels: 1 px² is one pixel
        length = checked.pixel_area**0.5 if unit == PIXELS else NANOMETRES.get(unit, 1.0)
        return cls(checked.y / length, checked.x / length, unit)

    @property
    def pixel_area(self) -> float:
        return self.y * self.x

    @property
    def nanometres(self) -> float:
        """Length of the unit in nanometres; NaN for pixels."""
        return NANOMETRES.get(self.unit, float("nan"))

    def quantity(self, power: int) -> tuple[float, str]:
        """Factor and name of the unit of a length to that power. Densities of known size are per µm or per µm²."""
        if power == 0:
            return 1.0, ""
        if power > 0:
            return 1.0, self.unit + _POWERS[power]
        if self.unit == PIXELS:
            return 1.0, f"1/px{_POWERS[-power]}"
        return (NANOMETRES["µm"] / self.nanometres) ** -power, f"1/µm{_POWERS[-power]}"


def common_unit(sizes: Iterable[PixelSize | None]) -> str:
    """The unit that suits the coarsest of several pixel sizes; raises MicrographError if only some are known."""
    sizes = list(sizes)
    known = [size for size in sizes if size is not None]
    if not known:
        return PIXELS
    if len(known) < len(sizes):
        raise MicrographError(
            f"{len(sizes) - len(known)} of {len(sizes)} micrographs have no pixel size. "
            "Give it for all of them, or measure all of them in pixels."
        )
    return "µm" if max((s.y_nm * s.x_nm) ** 0.5 for s in known) >= _MICROMETRES_FROM_NM else "nm"
