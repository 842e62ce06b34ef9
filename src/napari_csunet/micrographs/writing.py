"""Masks, probabilities, class tables and overlay pictures to files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.overlay import overlay_picture
from napari_csunet.micrographs.replacing import replacing, unused_path

__all__ = [
    "MaskFormat",
    "class_table_path",
    "read_class_table",
    "replacing",
    "unused_path",
    "write_class_table",
    "write_image",
    "write_mask",
    "write_overlay",
]

_IMAGEJ_AXES = "ZCYX"
_IMAGEJ_BYTES = 2**32 - 2**25
"""ImageJ's own files end at 4 GiB; larger ones are written as OME-TIFF."""
_CLASSES_SUFFIX = ".classes.json"
_PALETTE_ENTRIES = 256


class MaskFormat(StrEnum):
    """How a mask is stored. INDEXED: as ImageJ's, and viewers show the class colours, for values up to 255.

    OME_ZARR: with its micrograph in one folder, see ``ome_zarr.write_mask_folder``; the others are TIFF.
    """

    IMAGEJ = "imagej"
    INDEXED = "indexed"
    OME = "ome"
    OME_ZARR = "ome-zarr"


def write_mask(
    path: str | Path,
    mask: npt.NDArray[np.generic],
    classes: ClassTable,
    pixel_size: PixelSize | None = None,
    *,
    overwrite: bool = False,
    form: MaskFormat = MaskFormat.IMAGEJ,
) -> Path:
    """Mask (h, w) or (slices, h, w) as a TIFF that ImageJ opens, its class table in it and beside it; returns the path.

    uint8 and uint16 stay, other whole numbers become the table's type. Raises LabelError for values that are not in
    the table, OutputError if a file exists or cannot be written.
    """
    path = Path(path)
    if form is MaskFormat.OME_ZARR:
        raise LabelError(f"{path.name}: OME-Zarr holds a mask with its micrograph. Use ome_zarr.write_mask_folder.")
    values = _checked(path, mask, classes)
    colours = _palette(classes) if form is MaskFormat.INDEXED and values.dtype == np.uint8 else None
    with (
        replacing(class_table_path(path), overwrite=overwrite) as temporary_table,
        replacing(path, overwrite=overwrite) as temporary,
    ):
        axes, is_ome = "ZYX"[-values.ndim :], form is MaskFormat.OME
        _write_tiff(temporary, values, axes, pixel_size, ome=is_ome, colours=colours, word=classes.model_dump_json())
        temporary_table.write_text(_to_json(classes), encoding="utf-8")
    return path


def write_image(
    path: str | Path,
    array: npt.NDArray[np.floating],
    pixel_size: PixelSize | None = None,
    *,
    axes: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Probability or uncertainty as a float32 TIFF that ImageJ opens; returns the path.

    ``axes`` are letters of C (classes), Z (slices), Y and X in the array's order; YX or ZYX if not given.
    """
    path, axes = Path(path), axes or "ZYX"[-array.ndim :]
    if not len(set(axes)) == len(axes) == array.ndim or not set("YX") <= set(axes) <= set(_IMAGEJ_AXES):
        raise LabelError(
            f"{path.name}: an array of shape {array.shape} cannot have the axes {axes}. Name each of C, Z, Y, X once."
        )
    ordered = "".join(sorted(axes, key=_IMAGEJ_AXES.index))
    pixels = array.astype(np.float32, copy=False).transpose([axes.index(letter) for letter in ordered])
    with replacing(path, overwrite=overwrite) as temporary:
        _write_tiff(temporary, pixels, ordered, pixel_size)
    return path


def class_table_path(path: str | Path) -> Path:
    """The file beside a mask that holds its class names and colours: "alloy_mask.classes.json" for "alloy_mask.tif"."""
    path = Path(path)
    return path if path.name.endswith(_CLASSES_SUFFIX) else path.with_name(path.stem + _CLASSES_SUFFIX)


def write_class_table(path: str | Path, classes: ClassTable, *, overwrite: bool = False) -> Path:
    """``path`` is that of the mask, or of the table itself; returns the latter."""
    path = class_table_path(path)
    with replacing(path, overwrite=overwrite) as temporary:
        temporary.write_text(_to_json(classes), encoding="utf-8")
    return path


def read_class_table(path: str | Path) -> ClassTable:
    """``path`` is that of the mask, or of the table itself; raises LabelError if there is no readable table."""
    path = class_table_path(path)
    try:
        return ClassTable.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LabelError(
            f"{path} does not exist. Keep the class table beside its mask, or name the classes."
        ) from error
    except (OSError, ValueError) as error:
        raise LabelError(f"{path} is not a class table. Export the mask again, or name the classes.") from error


def write_overlay(
    path: str | Path,
    micrograph: Micrograph,
    mask: npt.NDArray[np.integer],
    classes: ClassTable,
    slice_index: int = 0,
    *,
    overwrite: bool = False,
) -> Path:
    """PNG of one slice in grey with its classes tinted; ``mask`` has the micrograph's ``mask_shape``."""
    import imageio.v3 as iio

    path = Path(path)
    picture = overlay_picture(micrograph, mask, classes, slice_index)
    with replacing(path, overwrite=overwrite) as temporary:
        iio.imwrite(temporary, picture, extension=".png")
    return path


def _checked(path: Path, mask: npt.NDArray[np.generic], classes: ClassTable) -> npt.NDArray[np.generic]:
    if mask.dtype.kind not in "bui" or mask.ndim not in (2, 3) or mask.size == 0:
        raise LabelError(
            f"{path.name}: {mask.dtype} of shape {mask.shape} is not a mask. "
            "Give whole numbers of shape (h, w) or (slices, h, w)."
        )
    unknown = sorted({int(value) for value in np.unique(mask)} - {*classes.values, classes.excluded_value})
    if unknown:
        named = ", ".join(map(str, unknown[:5])) + (", …" if len(unknown) > 5 else "")
        raise LabelError(
            f"{path.name}: the values {named} are in the mask, but not in the class table. Add classes for them."
        )
    return mask if mask.dtype in (np.uint8, np.uint16) else mask.astype(classes.mask_dtype)


def _to_json(classes: ClassTable) -> str:
    return classes.model_dump_json(indent=2) + "\n"


def _palette(classes: ClassTable) -> npt.NDArray[np.uint16]:
    """Colours (3, 256) by value; values that are no class are black."""
    palette = np.zeros((3, _PALETTE_ENTRIES), np.uint16)
    for _, entry in classes.entries():
        palette[:, entry.value] = [257 * channel for channel in bytes.fromhex(entry.colour[1:])]
    return palette


def _write_tiff(
    path: Path,
    array: npt.NDArray[np.generic],
    axes: str,
    pixel_size: PixelSize | None,
    *,
    ome: bool = False,
    colours: npt.NDArray[np.uint16] | None = None,
    word: str = "",
) -> None:
    """``axes`` in the order of ImageJ. All of them are written, because tifffile may take short ones for colours.

    ``word``: what ImageJ shows under Image ▸ Show Info, and OME calls the description.
    """
    lengths = dict(zip(axes, array.shape, strict=True))
    hyperstack = array.reshape([lengths.get(axis, 1) for axis in "TZCYX"])
    options: dict[str, Any] = {"photometric": "minisblack", "compression": "zlib"}
    if ome or array.nbytes >= _IMAGEJ_BYTES:
        tifffile.imwrite(path, hyperstack, **options, **_ome_options(pixel_size, word))
        return
    if colours is not None:
        options |= {"photometric": "palette", "colormap": colours}
    tifffile.imwrite(path, hyperstack[..., None], **options, **_imagej_options(pixel_size, word))


def _imagej_options(pixel_size: PixelSize | None, word: str) -> dict[str, Any]:
    info = {"Info": word} if word else {}
    if pixel_size is None:
        return {"imagej": True, "metadata": info}
    resolution = (1000 / pixel_size.x_nm, 1000 / pixel_size.y_nm)
    return {"imagej": True, "resolution": resolution, "metadata": {"unit": "um", **info}}


def _ome_options(pixel_size: PixelSize | None, word: str) -> dict[str, Any]:
    sizes = {"X": pixel_size.x_nm / 1000, "Y": pixel_size.y_nm / 1000} if pixel_size else {}
    described = {"Description": word} if word else {}
    metadata = {"axes": "TZCYX", **described} | {f"PhysicalSize{axis}": size for axis, size in sizes.items()}
    return {"ome": True, "bigtiff": True, "metadata": metadata}
