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
from napari_csunet.project.project import Project


@dataclass(frozen=True)
class LabelledFile:
    """A micrograph and its labels; nothing is read before ``read`` and ``numpy.asarray``."""

    name: str
    image: Path
    labels: Path

    def read(self) -> Micrograph:
        return read_micrograph(self.image)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The labels."""
        return np.asarray(read_labels(self.labels), dtype)


def labelled_files(project: Project, role: Role, without: Collection[str] = ()) -> list[LabelledFile]:
    """Those of a role on which something is painted, but for the keys in ``without``, such as those that are open."""
    return [
        LabelledFile(entry.key, project.image_path(entry.key), project.labels_path(entry.key))
        for entry in project.description.micrographs
        if entry.role == role and entry.key not in without and any(entry.painted.values())
    ]
