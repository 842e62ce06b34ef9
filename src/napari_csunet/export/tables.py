"""Tables of an export, and as CSV; as sheets of a workbook see ``workbook``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from napari_csunet.export.study import Study
from napari_csunet.export.workbook import MOST_ROWS
from napari_csunet.measurement.phases import area_fraction_table
from napari_csunet.measurement.quantities import DEGREES, OBJECT_QUANTITIES
from napari_csunet.measurement.scale import Scale

if TYPE_CHECKING:
    import pandas as pd

AREA = "area (µm²)"
LENGTHS = {"position": 1, "thickness": 1, "distance": 1}
"""Columns that are lengths, beside those of objects, and the power of the length."""
OTHER_UNITS = {"row": "px", "column": "px", "orientation": DEGREES}
_SQUARE_NM_PER_SQUARE_UM = 1e6
_DIGITS = 7
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Without it, Excel takes the µ of a CSV file for two letters."""


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Every table that holds something, by the name of its file; the area fractions and the summary always."""
    measured = study.measured
    found = {
        "area_fractions": fractions(study),
        "summary": measured.summary,
        "objects": with_units(measured.objects),
        "layer_profiles": with_units(measured.profiles),
        "two_point_correlation": with_units(measured.correlation),
        "classes": class_table(study),
    }
    return {name: table for name, table in found.items() if len(table) or name in ("area_fractions", "summary")}


def with_units(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose lengths are in the ``unit`` of its last column, with units in the header instead: "area (µm²)"."""
    if "unit" not in table.columns or not len(table):
        return table
    scale = Scale(1, 1, str(table["unit"].iloc[0]))
    return table.drop(columns="unit").rename(columns=lambda name: _with_unit(str(name), scale))


def _with_unit(name: str, scale: Scale) -> str:
    powers = {quantity.name: quantity.power for quantity in OBJECT_QUANTITIES} | LENGTHS
    unit = OTHER_UNITS.get(name) or scale.quantity(powers.get(name, 0))[1]
    return f"{name} ({unit})" if unit else name


def fractions(study: Study) -> pd.DataFrame:
    """A row for each micrograph and class: micrograph, class, value, pixels, area_fraction, area in µm²."""
    import pandas as pd

    parts = [area_fraction_table({result.name: result.mask}, study.classes) for result in study.results]
    for table, result in zip(parts, study.results, strict=True):
        size = result.scale
        pixel = float("nan") if size is None else size.y_nm * size.x_nm / _SQUARE_NM_PER_SQUARE_UM
        table[AREA] = table["pixels"] * pixel
    return pd.concat(parts, ignore_index=True)


def class_table(study: Study) -> pd.DataFrame:
    """value, name, colour, measured_as."""
    import pandas as pd

    rows = [{**c.model_dump(), "measured_as": str(study.kind(c.value))} for c in study.classes.classes]
    return pd.DataFrame(rows, columns=["value", "name", "colour", "measured_as"])


def csv(table: pd.DataFrame) -> bytes:
    """The table as comma-separated values in UTF-8, so that pandas and a double click in Excel read them alike."""
    text: str = table.to_csv(index=False, lineterminator="\n", float_format=f"%.{_DIGITS}g")
    return _BYTE_ORDER_MARK + text.encode()


def too_long(sheets: Mapping[str, pd.DataFrame]) -> list[str]:
    """Names of the tables of which a sheet can only hold the beginning."""
    return [name for name, table in sheets.items() if len(table) > MOST_ROWS]
