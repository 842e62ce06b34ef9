"""A project that is open: made from a folder of micrographs or read from ``project.json``, changed, and saved."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.replacing import replacing
from napari_csunet.project.description import PROJECT_FILE, Description, Entry, ProjectError, read_description
from napari_csunet.project.given_size import GivenSize
from napari_csunet.project.lock import ProjectLock
from napari_csunet.project.places import (
    CHECKPOINTS,
    FOLDERS,
    LABELS,
    MASKS,
    THUMBNAILS,
    absolute,
    find_micrographs,
    folder_for,
    found_again,
    full_path,
    keys_for,
    projects_at_home,
    stored_path,
)
from napari_csunet.project.setting_aside import set_aside
from napari_csunet.project.thumbnails import digest_of, stamp_of

STILL_WRITTEN_S = 600
"""A half file that was written to within this time may be that of another process, such as a training."""
_LEFT_BEHIND = re.compile(r"\.[0-9a-f]{16,32}\.\w+")
"""Names of the files that ``replacing`` and the lock leave behind when the process is killed."""


class Project:
    """Holds the lock of its folder until ``close``. No picture is read; its files are named by the key of an entry."""

    def __init__(self, folder: Path, description: Description, lock: ProjectLock, notices: Sequence[str] = ()) -> None:
        self.folder = folder
        self.description = description
        self.notices = tuple(notices)  # what the user should know about the picture files
        self._lock = lock

    @classmethod
    def create(cls, images: str | Path, classes: ClassTable, folder: str | Path | None = None) -> Project:
        """A project of the micrographs in a folder: there, or in ``folder``, or at home if it may not be written.

        Raises ProjectError without micrographs, or if there is a project already; OutputError if nothing can be
        written.
        """
        source = absolute(images)
        paths = find_micrographs(source)
        place = absolute(folder) if folder is not None else folder_for(source)
        if (place / PROJECT_FILE).exists():
            raise ProjectError(f"{place} is a project already. Open it instead.")
        described = Description(source=stored_path(source, place), classes=classes)
        return cls._locked(place, lambda: (_with_paths(described, place, paths), []))

    @classmethod
    def open(cls, folder: str | Path) -> Project:
        """Raises ProjectError that says why it cannot be opened. Micrographs that are new in its folder join it."""
        place = absolute(folder)
        read_description(place)  # so that no folder gets a lock that is no project

        def described() -> tuple[Description, list[str]]:
            return _checked(_with_new_micrographs(read_description(place), place), place)

        return cls._locked(place, described)

    @classmethod
    def open_or_create(cls, path: str | Path, classes: ClassTable) -> Project:
        """Opens a project, or the one at home that was made of this folder, or makes one of a folder of micrographs."""
        place = absolute(path)
        place = place.parent if place.name == PROJECT_FILE else place
        if not place.exists():
            raise ProjectError(f"{place} does not exist. Check the name and the folder.")
        if not place.is_dir():
            raise ProjectError(f"{place} is a file. Name a project, or a folder of micrographs.")
        known = place if (place / PROJECT_FILE).exists() else _project_of(place)
        return cls.open(known) if known is not None else cls.create(place, classes)

    @classmethod
    def _locked(cls, place: Path, describe: Callable[[], tuple[Description, list[str]]]) -> Project:
        """``describe``, which also gives notices, is asked once no other window can write any more."""
        lock = ProjectLock(place)
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
        lock.take()
        try:
            described, notices = describe()
            project = cls(place, described, lock, notices)
            project._tidy()
            project.save()
        except BaseException:
            lock.release()
            raise
        return project

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def checkpoints(self) -> Path:
        return self.folder / CHECKPOINTS

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(entry.key for entry in self.description.micrographs)

    def is_at(self, path: str | Path) -> bool:
        """Whether a path names its folder, its file, or the folder of micrographs that it was made of."""
        place = absolute(path)
        place = place.parent if place.name == PROJECT_FILE else place
        is_source = place == full_path(self.description.source, self.folder)
        return place == self.folder or (is_source and not (place / PROJECT_FILE).exists())

    def entry(self, key: str) -> Entry:
        return next(entry for entry in self.description.micrographs if entry.key == key)

    def image_path(self, key: str) -> Path:
        return full_path(self.entry(key).path, self.folder)

    def labels_path(self, key: str) -> Path:
        return self.folder / LABELS / f"{key}.tif"

    def mask_path(self, key: str) -> Path:
        return self.folder / MASKS / f"{key}_mask.tif"

    def thumbnail_path(self, key: str) -> Path:
        return self.folder / THUMBNAILS / f"{key}.png"

    def given_size(self, key: str) -> GivenSize:
        """Its pixel size as given by hand."""
        return GivenSize(self.entry(key).pixel_size, self.description.pixel_size)

    def is_predicted(self, key: str) -> bool:
        return self.mask_path(key).is_file()

    def change(self, **changes: Any) -> None:
        """Other classes, settings or view; ``save`` writes them."""
        self.description = self.description.model_copy(update=changes)

    def change_entry(self, key: str, **changes: Any) -> None:
        """Another role, stamp, count or uncertainty of a micrograph; ``save`` writes it."""
        entries = self.description.micrographs
        changed = tuple(one.model_copy(update=changes) if one.key == key else one for one in entries)
        self.change(micrographs=changed)

    def save(self) -> None:
        """Raises OutputError."""
        write_description(self.folder, self.description)

    def set_labels_aside(self, key: str) -> Path | None:
        """Renames the label file of a micrograph, so that new labels do not replace it; see ``set_aside``."""
        return set_aside(self.labels_path(key), key)

    def set_mask_aside(self, key: str) -> Path | None:
        """As ``set_labels_aside``, for a mask and the classes beside it, which somebody may have corrected."""
        return set_aside(self.mask_path(key), f"{key}_mask")

    def relocate(self, images: str | Path) -> int:
        """Looks for missing picture files in another folder; returns how many were found."""
        source, before = absolute(images), full_path(self.description.source, self.folder)
        paths = {key: self.image_path(key) for key in self.keys}
        missing = {key: path for key, path in paths.items() if not path.exists()}
        found = found_again(
            missing, before, source, [one for one in find_micrographs(source) if one not in paths.values()]
        )
        for key, path in found.items():
            self.change_entry(key, path=stored_path(path, self.folder))
        if found:
            self.change(source=stored_path(source, self.folder))
        return len(found)

    def close(self) -> None:
        """Lets another window open it; what is not saved by then is not saved."""
        self._lock.release()

    def _tidy(self) -> None:
        """Takes away the halves of files that a killed process has left; other programs may be writing new ones."""
        for folder in (self.folder, *(self.folder / name for name in FOLDERS)):
            left = [one for one in folder.glob(".*") if _LEFT_BEHIND.fullmatch(one.name)] if folder.is_dir() else []
            for path in left:
                with suppress(OSError):
                    if time.time() - path.stat().st_mtime > STILL_WRITTEN_S:
                        path.unlink()


def write_description(folder: Path, description: Description) -> None:
    """Replaces ``project.json``. Raises OutputError."""
    with replacing(folder / PROJECT_FILE, overwrite=True) as temporary:
        temporary.write_text(description.to_json(), encoding="utf-8")


def _with_new_micrographs(described: Description, folder: Path) -> Description:
    """With those that were put into its source folder since."""
    try:
        return _with_paths(described, folder, find_micrographs(full_path(described.source, folder)))
    except (ProjectError, OSError):  # the drive may be unplugged: the notices name what is missing
        return described


def _with_paths(described: Description, folder: Path, paths: Sequence[Path]) -> Description:
    """With those micrographs that it does not list yet."""
    known = {full_path(entry.path, folder) for entry in described.micrographs}
    new = [path for path in paths if path not in known]
    keys = keys_for(new, full_path(described.source, folder), (entry.key for entry in described.micrographs))
    entries = [
        Entry(key=key, path=stored_path(path, folder), stamp=stamp_of(path))
        for key, path in zip(keys, new, strict=True)
    ]
    return described.model_copy(update={"micrographs": (*described.micrographs, *entries)})


def _checked(described: Description, folder: Path) -> tuple[Description, list[str]]:
    """With the stamps that the files have now, and a sentence each on files that are missing or replaced."""
    entries, missing, replaced = [], [], []
    for entry in described.micrographs:
        path = full_path(entry.path, folder)
        try:
            now = stamp_of(path)
        except OSError:
            missing.append(path)
            entries.append(entry)
            continue
        same = _is_same(entry, path)
        if not same:
            replaced.append(path)
        digest = entry.stamp.digest if same and entry.stamp is not None else None
        entries.append(entry.model_copy(update={"stamp": now.model_copy(update={"digest": digest})}))
    return described.model_copy(update={"micrographs": tuple(entries)}), _notices(missing, replaced)


def _is_same(entry: Entry, path: Path) -> bool:
    """Whether the picture is the one that was stamped; one that was only copied or touched is."""
    then, now = entry.stamp, stamp_of(path)
    if then is None or (then.length, then.modified) == (now.length, now.modified):
        return True
    return then.length == now.length and then.digest in (None, digest_of(path))


def _notices(missing: Sequence[Path], replaced: Sequence[Path]) -> list[str]:
    notices = []
    if missing:
        notices.append(f"Missing: {_named(missing)}. Their labels are kept; connect the drive or find the files.")
    if replaced:
        notices.append(f"Replaced by another picture: {_named(replaced)}. Check whether the labels still fit.")
    return notices


def _named(paths: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return f"{names} (in {paths[0].parent})"


def _project_of(images: Path) -> Path | None:
    """The project at home that was made of this folder, the last one if there are several."""
    found = []
    for path in projects_at_home().glob(f"*/{PROJECT_FILE}"):
        with suppress(ProjectError):
            if full_path(read_description(path.parent).source, path.parent) == images:
                found.append(path)
    return max(found, key=lambda path: path.stat().st_mtime).parent if found else None
