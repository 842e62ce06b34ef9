"""Reads one micrograph of a project with what belongs to it, when it is to be shown."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.micrographs.writing import read_class_table
from napari_csunet.project.given_size import NOT_GIVEN, GivenSize
from napari_csunet.project.label_files import Labels, checksum, read_labels_of
from napari_csunet.project.project import Project
from napari_csunet.reports import ModelFile


@dataclass(frozen=True, eq=False)
class Opened:
    """A micrograph, its labels and its mask as far as there are any.

    ``labels_fit`` is false if there is a label file that cannot be used; ``notice`` then says why.
    ``mask_notice`` says why a mask file that is there cannot be used. ``stated_size`` is the pixel size in the picture
    file; the micrograph may have been given another one by hand.
    """

    key: str
    micrograph: Micrograph
    labels: Labels | None = None
    labels_checksum: int | None = None
    labels_fit: bool = True
    mask: Labels | None = None
    mask_checksum: int | None = None
    mask_classes: ClassTable | None = None
    notice: str = ""
    mask_notice: str = ""
    model: ModelFile | None = None
    stated_size: PixelSize | None = None


@dataclass(frozen=True)
class Places:
    """The files of one micrograph, and the pixel size that it was given by hand."""

    key: str
    image: Path
    labels: Path
    mask: Path
    model: ModelFile | None = None  # that made the mask, if that is known
    size: GivenSize = NOT_GIVEN

    @classmethod
    def of(cls, project: Project, key: str) -> Places:
        model, size = project.entry(key).model, project.given_size(key)
        return cls(key, project.image_path(key), project.labels_path(key), project.mask_path(key), model, size)


def open_micrograph(places: Places) -> Generator[Opened, None, None]:
    """One report. Raises MicrographError if the picture cannot be read."""
    read = read_micrograph(places.image)
    micrograph = places.size.of(read)
    labels, complaint = _labels(places.labels, micrograph)
    mask, classes, mask_complaint = _mask(places.mask, micrograph)
    yield Opened(
        places.key,
        micrograph,
        labels,
        None if labels is None else checksum(labels),
        not complaint,
        mask,
        None if mask is None else checksum(mask),
        classes,
        complaint,
        mask_complaint,
        places.model,
        read.pixel_size,
    )


def _labels(path: Path, micrograph: Micrograph) -> tuple[Labels | None, str]:
    if not path.exists():
        return None, ""
    try:
        return read_labels_of(path, micrograph.mask_shape), ""
    except CSUNetError as error:
        return None, f"The labels of {micrograph.name} are set aside: {error}"


def _mask(path: Path, micrograph: Micrograph) -> tuple[Labels | None, ClassTable | None, str]:
    if not path.exists():
        return None, None, ""
    try:
        return read_labels_of(path, micrograph.mask_shape), read_class_table(path), ""
    except CSUNetError as error:
        return None, None, f"The mask of {micrograph.name} is set aside: {error}"
