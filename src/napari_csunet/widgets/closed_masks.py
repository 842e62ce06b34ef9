"""Masks of the closed micrographs of a project as layers, which Measure lists and measures with the others."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from napari.components import ViewerModel
from napari.layers import Labels, Layer

from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.reports import ModelFile
from napari_csunet.widgets.engine import MicrographSource
from napari_csunet.widgets.made_with import remember_model
from napari_csunet.widgets.mask_files import MaskFile, UnreadMask, read_mask_files
from napari_csunet.widgets.mask_layers import add_mask
from napari_csunet.widgets.project_session import ProjectSession

CLOSED = "napari-csunet closed mask"
"""Key in the metadata of the layer of such a mask."""


@dataclass(frozen=True)
class ClosedMask:
    """modified: when its file was written (ns). pixel_size: given in the project. model: that made it, if known."""

    key: str
    path: Path
    modified: int
    image: Path
    pixel_size: PixelSize | None
    model: ModelFile | None


@dataclass(frozen=True, eq=False)
class ClosedMicrograph(MicrographSource):
    """The micrograph of a mask whose picture is still in its file. index: the only slice that is wanted of a stack."""

    path: Path = Path()
    index: int | None = None

    def read(self) -> Micrograph:
        """Raises MicrographError."""
        from napari_csunet.micrographs.reading import read_micrograph

        whole = replace(read_micrograph(self.path), name=self.name)
        if self.index is None:
            return whole
        return replace(whole, pixels=whole.pixels[self.index : self.index + 1], is_stack=False)


def closed_masks_of(session: ProjectSession) -> list[ClosedMask]:
    """Of all micrographs of a project that have a mask and are not open."""
    project, shared, found = session.project, session.project.description.pixel_size, []
    for entry in project.description.micrographs:
        path = project.mask_path(entry.key)
        if session.image(entry.key) is None and path.is_file():
            modified, size = path.stat().st_mtime_ns, entry.pixel_size or shared
            found.append(ClosedMask(entry.key, path, modified, project.image_path(entry.key), size, entry.model))
    return found


def read_closed_masks(
    masks: Sequence[ClosedMask],
) -> Generator[tuple[ClosedMask, MaskFile | UnreadMask], None, None]:
    """For a thread."""
    for mask in masks:
        for read in read_mask_files([mask.path]):
            yield mask, read


def add_closed_mask(viewer: ViewerModel, mask: ClosedMask, read: MaskFile) -> Labels:
    """Its layer, which cannot be painted on, because nothing would save that."""
    size = mask.pixel_size if read.pixel_size is None else read.pixel_size
    layer = add_mask(viewer, read.name, read.values, read.classes, size)
    layer.visible, layer.editable = False, False
    layer.metadata = {**layer.metadata, CLOSED: mask}
    remember_model(layer, mask.model)
    return layer


def closed_mask_of(layer: Layer) -> ClosedMask | None:
    return cast("ClosedMask | None", layer.metadata.get(CLOSED))


def closed_micrograph(layer: Layer) -> ClosedMicrograph | None:
    """What a mask of a closed micrograph lies on; None for other layers."""
    mask = closed_mask_of(layer)
    nothing: Any = None
    return None if mask is None else ClosedMicrograph(mask.key, nothing, False, mask.pixel_size, path=mask.image)
