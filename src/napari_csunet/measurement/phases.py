"""How much of a micrograph each class covers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.writing import replacing

if TYPE_CHECKING:
    import pandas as pd


def area_fractions(mask: npt.NDArray[np.generic], classes: ClassTable) -> dict[str, float]:
    """Share of each class among the pixels that belong to any class; NaN if none does.

    The mask may have any shape. Excluded pixels and values that are not in the table do not count.
    """
    counts = _pixel_counts(mask, classes)
    total = sum(counts.values())
    return {name: count / total if total else float("nan") for name, count in counts.items()}


def area_fraction_table(masks: Mapping[str, npt.NDArray[np.generic]], classes: ClassTable) -> pd.DataFrame:
    """One row for each micrograph and class: micrograph, class, value, pixels, area_fraction."""
    import pandas as pd

    rows = [row for name, mask in masks.items() for row in _rows(name, mask, classes)]
    return pd.DataFrame(rows, columns=["micrograph", "class", "value", "pixels", "area_fraction"])


def write_area_fractions(path: str | Path, table: pd.DataFrame, *, overwrite: bool = False) -> Path:
    """The table as CSV; raises OutputError if the file exists or cannot be written."""
    path = Path(path)
    with replacing(path, overwrite=overwrite) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8-sig")  # Excel wants the mark
    return path


def _pixel_counts(mask: npt.NDArray[np.generic], classes: ClassTable) -> dict[str, int]:
    return {entry.name: int(np.count_nonzero(mask == entry.value)) for _, entry in classes.entries()}


def _rows(name: str, mask: npt.NDArray[np.generic], classes: ClassTable) -> list[tuple[str, str, int, int, float]]:
    counts, shares = _pixel_counts(mask, classes), area_fractions(mask, classes)
    return [(name, c.name, c.value, counts[c.name], shares[c.name]) for c in classes.classes]
