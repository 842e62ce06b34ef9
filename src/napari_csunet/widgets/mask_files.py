"""Reads mask files in a thread: values, classes if the file carries them, pixel size."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.micrograph import PixelSize


@dataclass(frozen=True, eq=False)
class MaskFile:
    """values: (h, w) or (slices, h, w), classes or a number for each object."""

    name: str
    values: npt.NDArray[np.integer[Any]]
    classes: ClassTable | None
    pixel_size: PixelSize | None


@dataclass(frozen=True)
class UnreadMask:
    """A file that is no mask, and why."""

    path: Path
    why: str


def read_mask_files(paths: Sequence[Path]) -> Generator[MaskFile | UnreadMask, None, None]:
    """One report for each file."""
    from napari_csunet.micrographs.mask_classes import classes_of_mask_file
    from napari_csunet.micrographs.reading import name_of, read_labels, read_micrograph

    for path in paths:
        try:
            values = read_labels(path)
            yield MaskFile(name_of(path), values, classes_of_mask_file(path), read_micrograph(path).pixel_size)
        except CSUNetError as error:
            yield UnreadMask(path, str(error))
