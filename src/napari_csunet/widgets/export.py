"""Writes the masks of a session to a folder, with a table of area fractions."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Labels

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.writing import unused_path, write_mask
from napari_csunet.widgets.layers import classes_of, pixel_size_of, role_of
from napari_csunet.widgets.models import file_name

TABLE = "area_fractions.csv"


@dataclass(frozen=True, eq=False)
class FinishedMask:
    """A mask of the session and what is written with it."""

    micrograph: str
    mask: npt.NDArray[np.integer]
    classes: ClassTable
    pixel_size: PixelSize | None


@dataclass(frozen=True)
class Exported:
    """How far an export is; ``table`` is set at its end."""

    done: int
    total: int
    folder: Path
    table: Path | None = None


def mask_layers(viewer: ViewerModel) -> list[Labels]:
    """Every predicted mask of the session."""
    return [layer for layer in viewer.layers if role_of(layer) == "mask" and classes_of(layer.metadata) is not None]


def finished_masks(viewer: ViewerModel) -> list[FinishedMask]:
    """Copies of the masks as corrected by hand, so that painting may go on while they are written."""
    found = []
    for layer in mask_layers(viewer):
        classes, name = classes_of(layer.metadata), str(layer.name).replace(" · mask", "")
        if classes is not None:
            found.append(FinishedMask(name, np.array(layer.data), classes, pixel_size_of(layer)))
    return found


def export_masks(masks: Sequence[FinishedMask], folder: Path) -> Generator[Exported, None, None]:
    """Writes "<micrograph>_mask.tif", its class table and the area fractions; existing files get a neighbour "-2"."""
    if not masks:
        raise LabelError("There is no mask to export. Predict first.")
    for done, mask in enumerate(masks):
        yield Exported(done, len(masks), folder)
        path = unused_path(folder / f"{file_name(mask.micrograph)}_mask.tif")
        write_mask(path, mask.mask, mask.classes, mask.pixel_size)
    yield Exported(len(masks), len(masks), folder, _write_table(masks, folder))


def _write_table(masks: Sequence[FinishedMask], folder: Path) -> Path:
    import pandas as pd

    from napari_csunet.measurement.phases import area_fraction_table, write_area_fractions

    tables = [area_fraction_table({mask.micrograph: mask.mask}, mask.classes) for mask in masks]
    return write_area_fractions(unused_path(folder / TABLE), pd.concat(tables, ignore_index=True))
