"""How a micrograph was taken, as far as the microscope wrote it down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Acquisition:
    """What the header of a micrograph says besides the pixel size; None where it says nothing.

    databar_height: rows at the bottom that show no specimen, 0 if the header says that there are none.
    notices: what the user should know about the header, one sentence each, such as pixel sizes that contradict.
    """

    magnification: float | None = None
    voltage_kv: float | None = None
    detector: str | None = None
    working_distance_mm: float | None = None
    instrument: str | None = None
    databar_height: int | None = None
    notices: tuple[str, ...] = ()
