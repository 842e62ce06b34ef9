"""Painted pixels that get another label value, in an array or in label files, and where they are, to take it back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.project.label_files import Labels, painted_pixels, write_labels

Places = npt.NDArray[np.intp]
"""Flat indices of pixels."""


@dataclass(frozen=True, eq=False)
class RecodedFile:
    """What a label file holds now (pixels of each label value), which pixels were changed, or why none were."""

    key: str
    painted: dict[int, int]
    places: Places
    error: CSUNetError | None = None


def recoded(
    labels: npt.NDArray[Any], value: int, target: int, within: Places | None = None
) -> tuple[npt.NDArray[Any], Places]:
    """A copy in which pixels of ``value`` hold ``target``, if they are ``within``, and which pixels these are."""
    flat = labels.ravel()
    places = np.flatnonzero(flat == value) if within is None else within[flat[within] == value]
    changed = labels.astype(np.promote_types(labels.dtype, np.min_scalar_type(target)), order="C")
    changed.reshape(-1)[places] = target
    return changed, places


def recode_files(
    files: Mapping[str, Path], value: int, target: int, within: Mapping[str, Places], may_write: Callable[[], bool]
) -> Generator[RecodedFile, None, None]:
    """Replaces label files one by one, by key, as ``recoded``; ends once ``may_write`` says no."""
    for key, path in files.items():
        if not may_write():
            return
        try:
            yield _recode_file(key, path, value, target, within.get(key))
        except CSUNetError as error:
            yield RecodedFile(key, {}, np.empty(0, np.intp), error)


def _recode_file(key: str, path: Path, value: int, target: int, within: Places | None) -> RecodedFile:
    before: Labels = read_labels(path)
    labels, places = recoded(before, value, target, within)
    if places.size:
        write_labels(path, labels, read_micrograph(path).pixel_size)
    return RecodedFile(key, painted_pixels(labels), places)
