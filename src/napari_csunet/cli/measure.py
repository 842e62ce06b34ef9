"""Area fractions of mask files, in pixels and in µm² where the pixel size is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_csunet.classes import ClassTable
from napari_csunet.errors import MicrographError
from napari_csunet.measurement.agreement import classes_of
from napari_csunet.measurement.phases import area_fraction_table
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.pairing import find_files, find_masks, pair_by_stem
from napari_csunet.micrographs.reading import name_of, read_labels, read_micrograph
from napari_csunet.micrographs.writing import class_table_path, read_class_table

if TYPE_CHECKING:
    import pandas as pd

SQUARE_NM_PER_SQUARE_UM = 1e6


def measure_masks(
    masks: Sequence[str], images: Sequence[str], classes: ClassTable | None, pixel_size: PixelSize | None
) -> pd.DataFrame:
    """One row for each mask and class. The classes are those given, else those of each mask's own sidecar file."""
    import pandas as pd

    paths = find_masks(masks)
    _check_names(paths)
    tables = [area_fraction_table({name_of(p): read_labels(p)}, classes or _own_classes(p)) for p in paths]
    table = pd.concat(tables, ignore_index=True)
    sizes = {
        name_of(mask): pixel_size or read_micrograph(source).pixel_size for mask, source in _sources(paths, images)
    }
    rows = zip(table["micrograph"], table["pixels"], strict=True)
    table["area_um2"] = [_area(int(pixels), sizes[str(name)]) for name, pixels in rows]
    return table


def _check_names(paths: Sequence[Path]) -> None:
    by_name: dict[str, Path] = {}
    for path in paths:
        other = by_name.setdefault(name_of(path), path)
        if other != path:
            raise MicrographError(f"{other} and {path} have the same name. Measure them one after the other.")


def _own_classes(path: Path) -> ClassTable:
    sidecar = class_table_path(path)
    return read_class_table(sidecar) if sidecar.is_file() else classes_of([path])


def _sources(paths: Sequence[Path], images: Sequence[str]) -> list[tuple[Path, Path]]:
    """Each mask with the file that knows its pixel size: its micrograph if given, else the mask itself."""
    if images:
        return pair_by_stem(paths, find_files(images), "mask", "image")
    return [(path, path) for path in paths]


def _area(pixels: int, size: PixelSize | None) -> float:
    return float("nan") if size is None else pixels * size.y_nm * size.x_nm / SQUARE_NM_PER_SQUARE_UM
