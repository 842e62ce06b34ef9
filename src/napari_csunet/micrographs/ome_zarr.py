"""Masks of large micrographs as OME-Zarr (NGFF 0.4, https://ngff.openmicroscopy.org/0.4), block by block.

One folder holds the micrograph and, under ``labels/mask``, its mask with the names and colours of the classes, both at
several resolutions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.pyramid import (
    CHUNK,
    add_levels,
    create_level,
    mean_of_four,
    most_common_of_four,
    row_blocks,
)
from napari_csunet.micrographs.replacing_folder import replacing_folder

SUFFIX = ".ome.zarr"
MASK = "labels/mask"
_VERSION = "0.4"


class MaskWriter:
    """Takes a mask in any order of rows; ``finish`` makes what readers expect of it. Nothing stays in memory."""

    def __init__(self, folder: Path, micrograph: Micrograph, classes: ClassTable) -> None:
        import zarr

        self._micrograph, self._classes = micrograph, classes
        self._root: Any = zarr.open_group(folder, mode="w", zarr_format=2)
        shape = _with_channels(micrograph.mask_shape, micrograph, 1)
        self._mask = create_level(self._root.create_group(MASK), 0, shape, classes.mask_dtype)

    def write(self, slice_index: int, first_row: int, values: npt.NDArray[np.unsignedinteger]) -> None:
        """Rows (rows, w) of one slice, in values of the class table."""
        rows = slice(first_row, first_row + len(values))
        self._mask[(*self._plane(slice_index), rows)] = values

    def exclude(self, rows: slice) -> None:
        """The databar, in every slice."""
        for index in range(self._micrograph.slice_count):
            self._mask[(*self._plane(index), rows)] = self._classes.excluded_value

    def finish(self) -> dict[int, int]:
        """Writes the micrograph, smaller levels and metadata; returns how many pixels each class has."""
        counts = dict.fromkeys(self._classes.values, 0)
        for plane, start in row_blocks(self._mask.shape):
            block = self._mask[(*plane, slice(start, start + CHUNK))]
            for value, count in self._classes.pixel_counts(block).items():
                counts[value] += count
        self._write_micrograph()
        self._describe()
        return counts

    def _plane(self, slice_index: int, channel: int = 0) -> tuple[int, ...]:
        channels = (channel,) if self._micrograph.channels > 1 else ()
        return (*channels, *((slice_index,) if self._micrograph.is_stack else ()))

    def _write_micrograph(self) -> None:
        micrograph = self._micrograph
        dtype = np.uint8 if micrograph.pixels.dtype.kind == "b" else micrograph.pixels.dtype
        shape = _with_channels(micrograph.mask_shape, micrograph, micrograph.channels)
        array = create_level(self._root, 0, shape, dtype)
        for index in range(micrograph.slice_count):
            for start in range(0, micrograph.size[0], CHUNK):
                rows = slice(start, start + CHUNK)
                block = np.asarray(micrograph.pixels[index, rows])
                for channel in range(micrograph.channels):
                    array[(*self._plane(index, channel), rows)] = block[..., channel]

    def _describe(self) -> None:
        group, name = self._root[MASK], self._micrograph.name
        levels = add_levels(self._root, mean_of_four), add_levels(group, most_common_of_four)
        self._root.attrs.update(_multiscales(name, self._micrograph, levels[0], "mean of 2 x 2"))
        self._root["labels"].attrs.update({"labels": ["mask"]})
        described = _multiscales("mask", self._micrograph, levels[1], "most common of 2 x 2")
        group.attrs.update({**described, "image-label": _image_label(self._classes)})


def write_mask_folder(
    path: Path,
    micrograph: Micrograph,
    mask: npt.NDArray[np.generic],
    classes: ClassTable,
    *,
    overwrite: bool = False,
) -> Path:
    """A micrograph with its finished mask, of its ``mask_shape``, as one folder; returns the path.

    Raises OutputError if something has that name already and may not be replaced, or if it cannot be written.
    """
    with replacing_folder(path, overwrite=overwrite) as temporary:
        writer = MaskWriter(temporary, micrograph, classes)
        slices = mask if micrograph.is_stack else mask[None]
        for index, values in enumerate(slices):
            writer.write(index, 0, values.astype(classes.mask_dtype))
        writer.finish()
    return path


def read_classes(folder: Path) -> ClassTable:
    """The class table of a mask written by ``MaskWriter``."""
    import zarr

    label: Any = zarr.open_group(folder / MASK, mode="r").attrs["image-label"]
    colours = {entry["label-value"]: bytes(entry["rgba"][:3]).hex() for entry in label["colors"]}
    entries = [
        {"value": entry["label-value"], "name": entry["class"], "colour": f"#{colours[entry['label-value']]}"}
        for entry in label["properties"]
    ]
    return ClassTable.model_validate({"classes": entries})


def _with_channels(shape: tuple[int, ...], micrograph: Micrograph, channels: int) -> tuple[int, ...]:
    """Mask and micrograph have the same axes, which is what viewers rely on."""
    return (channels, *shape) if micrograph.channels > 1 else shape


def _multiscales(name: str, micrograph: Micrograph, levels: int, method: str) -> dict[str, Any]:
    axes = _axes(micrograph)
    datasets = [
        {"path": str(level), "coordinateTransformations": _transformations(axes, micrograph.pixel_size, level)}
        for level in range(levels)
    ]
    entry = {"version": _VERSION, "name": name, "type": method, "axes": axes, "datasets": datasets}
    return {"multiscales": [entry]}


def _axes(micrograph: Micrograph) -> list[dict[str, str]]:
    unit = {} if micrograph.pixel_size is None else {"unit": "nanometer"}
    channel = [{"name": "c", "type": "channel"}] if micrograph.channels > 1 else []
    depth = [{"name": "z", "type": "space"}] if micrograph.is_stack else []
    return [*channel, *depth, *({"name": axis, "type": "space", **unit} for axis in "yx")]


def _transformations(axes: list[dict[str, str]], size: PixelSize | None, level: int) -> list[dict[str, Any]]:
    """Where the pixels of a level lie: the first of a smaller one is in the middle of those that it stands for."""
    sides = {"y": size.y_nm, "x": size.x_nm} if size else {"y": 1.0, "x": 1.0}
    factor = 2**level
    scale = {"type": "scale", "scale": [sides[a["name"]] * factor if a["name"] in sides else 1.0 for a in axes]}
    shift = [sides[a["name"]] * (factor - 1) / 2 if a["name"] in sides else 0.0 for a in axes]
    return [scale, {"type": "translation", "translation": shift}] if level else [scale]


def _image_label(classes: ClassTable) -> dict[str, Any]:
    colours = [{"label-value": c.value, "rgba": [*bytes.fromhex(c.colour[1:]), 255]} for c in classes.classes]
    names = [{"label-value": c.value, "class": c.name} for c in classes.classes]
    return {"version": _VERSION, "colors": colours, "properties": names, "source": {"image": "../../"}}
