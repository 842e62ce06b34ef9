"""Where a project and its micrographs lie, and what each micrograph is called in it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from napari_csunet.errors import OutputError
from napari_csunet.micrographs.pairing import find_files, pairing_key
from napari_csunet.micrographs.reading import SUFFIXES, name_of
from napari_csunet.micrographs.replacing import check_writable, unused_path
from napari_csunet.project.description import PROJECT_FILE, ProjectError

LABELS, MASKS, CHECKPOINTS, THUMBNAILS = FOLDERS = ("labels", "masks", "checkpoints", "thumbnails")
MOST_MICROGRAPHS = 5000
DEPTH = 3
"""How many folders below the one that was named micrographs are looked for."""


def absolute(path: str | Path) -> Path:
    """Without ``~`` and ``..``; links are left as they are."""
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100, Path.resolve follows links


def projects_at_home() -> Path:
    """Where the projects of micrographs lie whose own folder may not be written."""
    return Path.home() / "napari-csunet"


def folder_for(images: Path) -> Path:
    """The folder of the micrographs itself; if nothing may be written there, an unused one at home."""
    try:
        check_writable(images / PROJECT_FILE, overwrite=False)
    except OutputError:
        return unused_path(projects_at_home() / (images.name or "micrographs"))
    return images


def stored_path(path: Path, folder: Path) -> str:
    """Relative to the project's folder if the file lies in it or beside it, else absolute."""
    if not path.is_relative_to(folder.parent) or folder.parent == Path(folder.anchor):
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
    return Path(os.path.relpath(path, folder)).as_posix()


def full_path(stored: str, folder: Path) -> Path:
    return absolute(folder / stored)


def find_micrographs(folder: Path) -> list[Path]:
    """Pictures in a folder and the folders below, in natural order, without labels and masks.

    Raises ProjectError if there are none, or too many to be one series.
    """
    try:
        folders = [one for one, content in _folders_below(folder, DEPTH) if any(map(_is_picture, content))]
    except OSError as error:
        raise ProjectError(f"{folder} cannot be opened ({error.strerror}). Check its permissions.") from error
    found = _without_labels(find_files(folders))
    if not found:
        raise ProjectError(f"{folder} holds no micrographs. Files end in {', '.join(SUFFIXES)}.")
    if len(found) > MOST_MICROGRAPHS:
        raise ProjectError(f"{folder} holds {len(found)} pictures. Name the folder of one series of micrographs.")
    return found


def _folders_below(folder: Path, depth: int) -> Iterator[tuple[Path, list[Path]]]:
    """The folder and those below with what is in them; one that may not be read is left out, but not the first."""
    content = sorted(folder.iterdir())
    yield folder, content
    for one in content if depth else ():
        with suppress(PermissionError):
            if _may_hold_micrographs(one):
                yield from _folders_below(one, depth - 1)


def _may_hold_micrographs(folder: Path) -> bool:
    """Neither hidden, nor ours, nor another project."""
    is_ours = folder.name.startswith(".") or folder.name.lower() in FOLDERS
    return not is_ours and folder.is_dir() and not (folder / PROJECT_FILE).exists()


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _without_labels(paths: list[Path]) -> list[Path]:
    """Leaves out "alloy_mask.png" beside "alloy.tif"."""
    names = {(path.parent, name_of(path)) for path in paths}
    return [
        path for path in paths if pairing_key(path) == name_of(path) or (path.parent, pairing_key(path)) not in names
    ]


def found_again(missing: Mapping[str, Path], before: Path, now: Path, paths: Sequence[Path]) -> dict[str, Path]:
    """Which of ``paths`` each missing picture is: the one at its place below the folder, else the only one of its name.

    A name that several pictures have, missing ones or those that were found, says nothing.
    """
    lost, there = (Counter(path.name for path in some) for some in (missing.values(), paths))
    by_name = {path.name: path for path in paths if there[path.name] == 1 and lost[path.name] == 1}
    moved = {key: now / path.relative_to(before) for key, path in missing.items() if path.is_relative_to(before)}
    same_place = {key: path for key, path in moved.items() if path in set(paths)}
    return {key: by_name[path.name] for key, path in missing.items() if path.name in by_name} | same_place


def keys_for(paths: Iterable[Path], source: Path, taken: Iterable[str] = ()) -> list[str]:
    """A name for each micrograph that no other has: its stem, else with its folder, its ending, at last a number."""
    used = {key.casefold() for key in taken}
    keys = []
    for path in paths:
        key = next(one for one in _candidates(path, source) if one.casefold() not in used)
        used.add(key.casefold())
        keys.append(key)
    return keys


def _candidates(path: Path, source: Path) -> Iterator[str]:
    parts = path.relative_to(source).parts if path.is_relative_to(source) else (path.name,)
    stem, folders = name_of(path), "_".join(parts[:-1])
    with_ending = f"{stem}_{path.suffix[1:].lower()}"
    yield _allowed(stem)
    yield _allowed(f"{folders}_{stem}" if folders else with_ending)
    longest = _allowed(f"{folders}_{with_ending}" if folders else with_ending)
    yield longest
    yield from (f"{longest}-{number}" for number in range(2, MOST_MICROGRAPHS + 2))


def _allowed(name: str) -> str:
    """Without what file systems forbid."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]+', "_", name).strip(" .") or "micrograph"
