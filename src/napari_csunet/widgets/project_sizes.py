"""Keeps pixel sizes that somebody gave to open micrographs of a project, wherever: in Measure, or in napari itself."""

from __future__ import annotations

import math

from napari.components import ViewerModel

from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.project.opening import Opened
from napari_csunet.project.project import Project
from napari_csunet.widgets.layers import pixel_size_of
from napari_csunet.widgets.pixel_size_watch import SizeWatch
from napari_csunet.widgets.project_open_layers import ProjectOpenLayers

FEWEST_ALIKE = 2
"""So many open micrographs must have been given the same size before others are taken to have it."""


class ProjectSizes:
    """``watch.changed``: layers have another size; ``note`` then tells the project."""

    def __init__(self, viewer: ViewerModel, project: Project, opened: ProjectOpenLayers) -> None:
        self._project, self._open = project, opened
        self._stated: dict[str, PixelSize | None] = {}  # by their files
        self.watch = SizeWatch(viewer)

    def add(self, opened: Opened) -> None:
        """A micrograph has been opened."""
        self._stated[opened.key] = opened.stated_size
        self.watch.watch()

    def note(self) -> None:
        """What the open micrographs have now goes to their entries, and what all of them have to the project."""
        given = {key: self._given(key) for key in self._stated if self._open.image(key) is not None}
        for key, size in given.items():
            if size != self._project.entry(key).pixel_size:
                self._project.change_entry(key, pixel_size=size)
        unstated = [size for key, size in given.items() if self._stated[key] is None]
        if len(unstated) >= FEWEST_ALIKE and len(set(unstated)) == 1 and unstated[0] is not None:
            self._project.change(pixel_size=unstated[0])

    def _given(self, key: str) -> PixelSize | None:
        """None if it has the size that its file states, or none."""
        image = self._open.image(key)
        size, stated = None if image is None else pixel_size_of(image), self._stated[key]
        return None if size is None or _is_same(size, stated) else _rounded(size)


def _is_same(size: PixelSize, other: PixelSize | None) -> bool:
    """But for what is lost on the way to the scale of a layer and back."""
    pairs = () if other is None else ((size.y_nm, other.y_nm), (size.x_nm, other.x_nm))
    return other is not None and all(math.isclose(*pair, rel_tol=1e-6) for pair in pairs)


def _rounded(size: PixelSize) -> PixelSize:
    return PixelSize(*(float(f"{side:.9g}") for side in (size.y_nm, size.x_nm)))
