"""Tables as files: CSV for programs, one workbook for Excel and its kin."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_csunet.export.study import Study
from napari_csunet.measurement.phases import area_fraction_table

if TYPE_CHECKING:
    import pandas as pd

_SQUARE_NM_PER_SQUARE_UM = 1e6
_MOST_ROWS = 1_048_575
"""Rows below the header that a sheet can have."""
_WIDEST = 48
_DIGITS = 7


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Every table that holds something, by the name of its file; the area fractions and the summary always."""
    measured = study.measured
    found = {
        "area_fractions": fractions(study),
        "summary": measured.summary,
        "objects": measured.objects,
        "layer_profiles": measured.profiles,
        "two_point_correlation": measured.correlation,
        "classes": class_table(study),
    }
    return {name: table for name, table in found.items() if len(table) or name in ("area_fractions", "summary")}


def fractions(study: Study) -> pd.DataFrame:
    """A row for each micrograph and class: micrograph, class, value, pixels, area_fraction, area_um2."""
    import pandas as pd

    parts = [area_fraction_table({result.name: result.mask}, study.classes) for result in study.results]
    for table, result in zip(parts, study.results, strict=True):
        size = result.scale
        pixel = float("nan") if size is None else size.y_nm * size.x_nm / _SQUARE_NM_PER_SQUARE_UM
        table["area_um2"] = table["pixels"] * pixel
    return pd.concat(parts, ignore_index=True)


def class_table(study: Study) -> pd.DataFrame:
    """value, name, colour."""
    import pandas as pd

    return pd.DataFrame([c.model_dump() for c in study.classes.classes], columns=["value", "name", "colour"])


def csv(table: pd.DataFrame) -> bytes:
    """The table as comma-separated values in UTF-8."""
    text: str = table.to_csv(index=False, lineterminator="\n", float_format=f"%.{_DIGITS}g")
    return text.encode()


def workbook(sheets: Mapping[str, pd.DataFrame], record: Iterable[tuple[str, str]]) -> bytes:
    """An Excel file with a sheet for each table and one that says how they were made."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, table in sheets.items():
        _fill(
            book.create_sheet(name.replace("_", " ").capitalize()), [str(name) for name in table.columns], _cells(table)
        )
    _fill(book.create_sheet("How it was made"), ["what", "value"], record)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def too_long(sheets: Mapping[str, pd.DataFrame]) -> list[str]:
    """Names of the tables of which a sheet can only hold the beginning."""
    return [name for name, table in sheets.items() if len(table) > _MOST_ROWS]


def _cells(table: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    """Rows as plain Python values; what is not a finite number is an empty cell."""
    columns = [_column(table[name].iloc[:_MOST_ROWS]) for name in table.columns]
    return zip(*columns, strict=True)


def _column(values: pd.Series) -> list[Any]:
    if values.dtype.kind != "f":
        return values.tolist()
    return [float(f"{x:.{_DIGITS}g}") if np.isfinite(x) else None for x in values.tolist()]


def _fill(sheet: Any, header: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for place, name in enumerate(header, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(_WIDEST, max(12, len(name) + 3))
    sheet.append([_cell(sheet, name, is_header=True) for name in header])
    for row in rows:
        sheet.append([_cell(sheet, value) if isinstance(value, str) else value for value in row])


def _cell(sheet: Any, text: str, *, is_header: bool = False) -> Any:
    """Text that stays text, even if it begins as a formula does."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    if not (is_header or text.startswith("=") or ILLEGAL_CHARACTERS_RE.search(text)):
        return text
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    if is_header:
        cell.font = Font(bold=True)
    return cell
