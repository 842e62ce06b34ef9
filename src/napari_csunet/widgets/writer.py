"""Saves label layers from File ▸ Save: TIFF with pixel size, and the class table beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.writing import unused_path, write_mask
from napari_csunet.widgets.layers import classes_of, pixel_size
from napari_csunet.widgets.models import file_name

LayerData = tuple[Any, dict[str, Any], str]


def write_labels(path: str, layers: list[LayerData]) -> list[str]:
    """One layer goes to ``path``, which the dialog has asked for; of several, each gets a new name beside it."""
    if len(layers) == 1:
        return [str(_write(Path(path), layers[0], overwrite=True))]
    return [str(_write(_path_for(Path(path), meta["name"]), (data, meta, kind))) for data, meta, kind in layers]


def _path_for(path: Path, layer: str) -> Path:
    return unused_path(path.with_name(f"{path.stem} {file_name(layer)}{path.suffix or '.tif'}"))


def _write(path: Path, layer: LayerData, *, overwrite: bool = False) -> Path:
    data, meta, _ = layer
    values = np.asarray(data[0] if isinstance(data, list | tuple) else data)
    classes = classes_of(meta.get("metadata", {})) or ClassTable.from_labels([values])
    if not len(classes):
        raise LabelError(f"{meta.get('name', path.name)} is empty. Paint something before saving it.")
    size = pixel_size(meta["scale"][-2:], meta.get("units", ("pixel", "pixel"))[-2:]) if "scale" in meta else None
    return write_mask(path, values, classes, size, overwrite=overwrite)
