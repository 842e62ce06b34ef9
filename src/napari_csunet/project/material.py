"""Labelled micrographs of a project as files, for a training that reads them when it needs them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.project.description import Role
from napari_csunet.project.given_size import NOT_GIVEN, GivenSize
from napari_csunet.project.project import Project


@dataclass(frozen=True)
class LabelledFile:
    """A micrograph and its labels; nothing is read before ``read`` and ``numpy.asarray``."""

    name: str
    image: Path
    labels: Path
    size: GivenSize = NOT_GIVEN

    def read(self) -> Micrograph:
        return self.size.of(read_micrograph(self.image))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The labels."""
        return np.asarray(read_labels(self.labels), dtype)


def labelled_files(project: Project, role: Role, without: Collection[str] = ()) -> list[LabelledFile]:
    """Those of a role on which something is painted, but for the keys in ``without``, such as those that are open."""
    return [
        LabelledFile(key, project.image_path(key), project.labels_path(key), project.given_size(key))
        for key, entry in zip(project.keys, project.description.micrographs, strict=True)
        if entry.role == role and key not in without and any(entry.painted.values())
    ]
