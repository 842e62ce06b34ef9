"""One workbook for Excel and its kin: a sheet for each table, ready to be read and filtered."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1_048_575
"""Rows below the header that a sheet can have."""
_NARROWEST, _WIDEST = 9, 48
_ROWS_LOOKED_AT = 200
"""Of a table, for the widths of its columns."""
_DIGITS, _SHOWN_DIGITS, _MOST_DECIMALS = 7, 4, 6
_SMALL = 1e-4
_MIXED = 100.0
"""Numbers of a column that differ more than this many times get a format each."""
_WHOLE = "0"
_SCIENTIFIC = "0.000E+00"


def workbook(sheets: Mapping[str, pd.DataFrame], record: Iterable[tuple[str, str]]) -> bytes:
    """An Excel file with a sheet for each table and one that says how they were made."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, table in sheets.items():
        columns = [_column(table[name].iloc[:MOST_ROWS]) for name in table.columns]
        _fill(book.create_sheet(name.replace("_", " ").capitalize()), [str(name) for name in table.columns], columns)
    what, value = ([str(part) for part in parts] for parts in zip(*record, strict=True))
    _fill(book.create_sheet("How it was made"), ["what", "value"], [what, value])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def number_format(values: Sequence[float]) -> str:
    """Excel's format that shows about four digits of numbers of this size."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes:
        return _WHOLE
    typical = float(np.median(sizes))
    if typical < _SMALL:
        return _SCIENTIFIC
    decimals = min(_MOST_DECIMALS, max(0, _SHOWN_DIGITS - 1 - math.floor(math.log10(typical))))
    return f"0.{'0' * decimals}" if decimals else _WHOLE


def _column(values: pd.Series) -> list[Any]:
    """Plain Python values; what is not a finite number is an empty cell."""
    if values.dtype.kind != "f":
        return list(values.tolist())
    return [float(f"{x:.{_DIGITS}g}") if math.isfinite(x) else None for x in values.tolist()]


def _fill(sheet: Any, header: Sequence[str], columns: Sequence[list[Any]]) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}{len(columns[0]) + 1}"
    for place, (name, values) in enumerate(zip(header, columns, strict=True), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = _width(name, values)
    sheet.append([_text(sheet, name, is_header=True) for name in header])
    cells = [_NumberCell(sheet, values) for values in columns]
    for row in zip(*columns, strict=True):
        sheet.append(
            [_text(sheet, v) if isinstance(v, str) else cell.of(v) for v, cell in zip(row, cells, strict=True)]
        )


def _width(name: str, values: Sequence[Any]) -> float:
    """In letters; the filter's arrow stands beside the name."""
    longest = max((len(value) for value in values[:_ROWS_LOOKED_AT] if isinstance(value, str)), default=0)
    return min(_WIDEST, max(_NARROWEST, len(name) + 4, longest + 2))


class _NumberCell:
    """A cell with the format of its column, used again for every row: rows are written as they come.

    A format has a cell of its own, since openpyxl gives all that a cell ever held the format that it gets last.
    """

    def __init__(self, sheet: Any, values: Sequence[Any]) -> None:
        self._sheet = sheet
        self._cells: dict[str, Any] = {}
        numbers = [value for value in values if isinstance(value, float)]
        sizes = [abs(number) for number in numbers if number]
        self._is_mixed = bool(sizes) and max(sizes) > _MIXED * min(sizes)
        self._format = number_format(numbers)

    def of(self, value: Any) -> Any:
        if not isinstance(value, float):
            return value
        cell = self._cell(number_format([value]) if self._is_mixed else self._format)
        cell.value = value
        return cell

    def _cell(self, form: str) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if form not in self._cells:
            self._cells[form] = WriteOnlyCell(self._sheet)
            self._cells[form].number_format = form
        return self._cells[form]


def _text(sheet: Any, text: str, *, is_header: bool = False) -> Any:
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
