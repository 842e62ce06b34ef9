"""The class table that a mask file carries: beside it, or in its description, which a moved file keeps."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import tifffile

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.writing import class_table_path, read_class_table

_MOST_CHARACTERS = 2**20


def classes_of_mask_file(path: str | Path) -> ClassTable | None:
    """None if the file is of another program. Raises LabelError if the table beside it cannot be read."""
    path = Path(path)
    if class_table_path(path).is_file():
        return read_class_table(path)
    try:
        with tifffile.TiffFile(path) as tiff:
            return _parsed(_description(tiff))
    except (OSError, ValueError, LookupError, ElementTree.ParseError, tifffile.TiffFileError):
        return None


def _description(tiff: tifffile.TiffFile) -> str:
    if tiff.is_ome and tiff.ome_metadata:
        found = ElementTree.fromstring(tiff.ome_metadata).find(".//{*}Image/{*}Description")
        return (found.text or "") if found is not None else ""
    return str((tiff.imagej_metadata or {}).get("Info", ""))


def _parsed(text: str) -> ClassTable | None:
    if not text.startswith("{") or len(text) > _MOST_CHARACTERS:
        return None
    try:
        return ClassTable.model_validate_json(text)
    except ValueError:
        return None
