"""Masks of closed micrographs: where they lie, and whether they may be replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.project.given_size import NOT_GIVEN, GivenSize
from napari_csunet.project.label_files import checksum, read_labels_of
from napari_csunet.project.project import Project
from napari_csunet.reports import PredictionReport


@dataclass(frozen=True)
class MaskPlace:
    """The picture and the mask of a micrograph; ``predicted``: checksum of that mask as a network made it, if known."""

    key: str
    image: Path
    path: Path
    predicted: int | None = None
    size: GivenSize = NOT_GIVEN

    def read(self) -> Micrograph:
        """The micrograph, called as in the project. Raises MicrographError."""
        return replace(self.size.of(read_micrograph(self.image)), name=self.key)

    def left_out(self, error: CSUNetError) -> str:
        """What is told if it cannot be read."""
        return f"{self.key} is left out: {error}"

    def may_be_corrected(self, shape: tuple[int, ...]) -> bool:
        """Whether there is a mask that is not known to be just what a network made, of this shape."""
        if not self.path.exists():
            return False
        try:
            return checksum(read_labels_of(self.path, shape)) != self.predicted
        except CSUNetError:
            return True


@dataclass(frozen=True, eq=False)
class Settled(PredictionReport):
    """The last report of a closed micrograph: ``changes`` of its entry, none if it had to be left out.

    aside: name of the file in which an earlier mask is kept that somebody may have corrected; empty if there was none.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    aside: str = ""


def closed_masks(project: Project, is_open: Callable[[str], bool]) -> list[MaskPlace]:
    """Of all micrographs of the project but those that are open."""
    return [
        MaskPlace(
            key, project.image_path(key), project.mask_path(key), project.entry(key).predicted, project.given_size(key)
        )
        for key in project.keys
        if not is_open(key)
    ]
