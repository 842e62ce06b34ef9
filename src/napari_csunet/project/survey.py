"""Looks at all micrographs of a project one after the other: thumbnail, fingerprint, how much is labelled."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.errors import CSUNetError, OutputError
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.project.description import Entry
from napari_csunet.project.label_files import painted_pixels
from napari_csunet.project.project import Project
from napari_csunet.project.thumbnails import digest_of, read_thumbnail, thumbnail, write_thumbnail


@dataclass(frozen=True, eq=False)
class Surveyed:
    """``picture`` (h, w, 3), or None and the reason in ``complaint``; ``changes`` of the entry."""

    key: str
    picture: npt.NDArray[np.uint8] | None
    changes: dict[str, Any] = field(default_factory=dict)
    complaint: str = ""


@dataclass(frozen=True)
class _Task:
    entry: Entry
    image: Path
    labels: Path
    thumbnail: Path


def survey(project: Project) -> Generator[Surveyed, None, None]:
    """One report for each micrograph; thumbnails are kept in the project's folder if that is possible."""
    tasks = [
        _Task(one, project.image_path(one.key), project.labels_path(one.key), project.thumbnail_path(one.key))
        for one in project.description.micrographs
    ]
    return _surveys(tasks)


def _surveys(tasks: Sequence[_Task]) -> Generator[Surveyed, None, None]:
    for task in tasks:
        yield _surveyed(task)


def _surveyed(task: _Task) -> Surveyed:
    changes = _counted(task)
    try:
        picture = _kept_thumbnail(task)
        return Surveyed(task.entry.key, picture, changes | _stamped(task))
    except (CSUNetError, OSError) as error:
        return Surveyed(task.entry.key, None, changes, str(error))


def _kept_thumbnail(task: _Task) -> npt.NDArray[np.uint8]:
    is_newer = task.thumbnail.is_file() and task.thumbnail.stat().st_mtime >= task.image.stat().st_mtime
    kept = read_thumbnail(task.thumbnail) if is_newer else None
    if kept is not None:
        return kept
    picture = thumbnail(read_micrograph(task.image))
    with suppress(OutputError):  # the next time it is made again
        write_thumbnail(task.thumbnail, picture)
    return picture


def _stamped(task: _Task) -> dict[str, Any]:
    stamp = task.entry.stamp
    if stamp is None or stamp.digest is not None:
        return {}
    return {"stamp": stamp.model_copy(update={"digest": digest_of(task.image)})}


def _counted(task: _Task) -> dict[str, Any]:
    """Of a label file that was put into the folder by hand."""
    if task.entry.pixels or not task.labels.is_file():
        return {}
    try:
        labels = read_labels(task.labels)
    except CSUNetError:
        return {}  # told when it is shown
    return {"pixels": labels.size, "painted": painted_pixels(labels)}
