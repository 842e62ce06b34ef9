"""What of an open project goes to the disk: labels, masks and the description, each written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.writing import write_mask
from napari_csunet.project.description import Description
from napari_csunet.project.label_files import checksum, painted_pixels, write_labels
from napari_csunet.project.project import write_description
from napari_csunet.reports import ModelFile


@dataclass(frozen=True, eq=False)
class Saved:
    """What has come of a saving: ``changes`` of its entry, what the file holds now, or why it failed."""

    what: ToSave
    changes: dict[str, Any] = field(default_factory=dict)
    checksum: int | None = None
    error: CSUNetError | None = None


@dataclass(frozen=True, eq=False)
class LabelsToSave:
    """``pixels`` is an array of any kind; ``on_disk`` the checksum of what the file holds, if that is known."""

    key: str
    path: Path
    pixels: Any
    pixel_size: PixelSize | None = None
    on_disk: int | None = None

    def save(self) -> Saved:
        labels = np.asarray(self.pixels)
        now, painted = checksum(labels), painted_pixels(labels)
        if now != self.on_disk and (painted or self.path.exists()):
            write_labels(self.path, labels, self.pixel_size)
        return Saved(self, {"pixels": labels.size, "painted": painted}, now)


@dataclass(frozen=True, eq=False)
class MaskToSave:
    """As LabelsToSave, with the classes that stand beside a mask, and whether it is just as a network made it.

    model: that made it, if that is known.
    """

    key: str
    path: Path
    pixels: Any
    classes: ClassTable
    pixel_size: PixelSize | None = None
    on_disk: int | None = None
    is_predicted: bool = False
    model: ModelFile | None = None

    def save(self) -> Saved:
        mask = np.asarray(self.pixels)
        now = checksum(mask)
        if now != self.on_disk:
            write_mask(self.path, mask, self.classes, self.pixel_size, overwrite=True)
        made = {"predicted": now if self.is_predicted else None, "model": self.model}
        return Saved(self, {name: value for name, value in made.items() if value is not None}, now)


@dataclass(frozen=True, eq=False)
class DescriptionToSave:
    folder: Path
    description: Description

    def save(self) -> Saved:
        write_description(self.folder, self.description)
        return Saved(self)


ToSave = LabelsToSave | MaskToSave | DescriptionToSave


def save(thing: ToSave) -> Saved:
    """Why it failed, if it did, is in the report."""
    try:
        return thing.save()
    except CSUNetError as error:
        return Saved(thing, error=error)
