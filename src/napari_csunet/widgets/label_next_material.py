"""Which micrographs may be suggested: those that are open, and those of the open project that are closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from napari.layers import Image

from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.project.material import LabelledFile
from napari_csunet.widgets.layers import finest, source_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.project_session import ProjectSession


def suggestible(opened: OpenMicrographs, session: ProjectSession | None) -> tuple[tuple[LabelledMicrograph, ...], int]:
    """Open ones, with a copy of what is painted, then closed ones; how many are open.

    A project's validation micrographs are left alone.
    """
    layers = [one for one in opened.layers() if session is None or session.role_of(one) != "validation"]
    found = [LabelledMicrograph(one.name, finest(one), source_of(one).read, _painted(opened, one)) for one in layers]
    return (*found, *(_closed(session) if session is not None else ())), len(found)


def _painted(opened: OpenMicrographs, layer: Image) -> Any:
    return opened.label_values(layer) if opened.labels_of(layer) is not None else None


def _closed(session: ProjectSession) -> Iterator[LabelledMicrograph]:
    """Files that are read when they are needed; a picture that is missing is left out."""
    project = session.project
    for entry in project.description.micrographs:
        image = project.image_path(entry.key)
        if entry.role == "validation" or session.image(entry.key) is not None or not image.exists():
            continue
        file = LabelledFile(entry.key, image, project.labels_path(entry.key), project.given_size(entry.key))
        yield LabelledMicrograph(entry.key, image, file.read, file if any(entry.painted.values()) else None)
