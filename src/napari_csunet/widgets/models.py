"""Where the checkpoints of the window are kept, and what they are called in a list."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from napari_csunet.micrographs.replacing import unused_path

SUFFIX = ".csunet.safetensors"
UNFINISHED = " (unfinished)"


def models_folder() -> Path:
    """That of the open project, else one at home."""
    from napari_csunet.widgets.open_project import current_project

    project = current_project()
    return project.checkpoints if project is not None else models_at_home()


def models_at_home() -> Path:
    return Path.home() / "napari-csunet" / "models"


def new_model_path(name: str, now: datetime | None = None) -> Path:
    """Unused path for the checkpoint of a fine-tuning that began now on a micrograph of this name.

    Its name says that it is unfinished, until ``finished_model``.
    """
    moment = (now or datetime.now()).strftime("%Y-%m-%d %H.%M")
    return unused_path(models_folder() / f"{file_name(name)} {moment}{UNFINISHED}{SUFFIX}")


def finished_model(path: Path) -> Path:
    """Takes the word "unfinished" from the name of a checkpoint; returns its new path."""
    if not _is_unfinished(path):
        return path
    finished = unused_path(path.with_name(path.name.replace(UNFINISHED, "")))
    return path.rename(finished)


def known_models() -> list[Path]:
    """Checkpoints of the open project, then those at home; of each the last one first, unfinished ones at the end."""
    here = models_folder()
    found = {path for folder in (here, models_at_home()) for path in folder.glob(f"*{SUFFIX}")}
    rank = {path: (path.parent == here, not _is_unfinished(path), path.stat().st_mtime) for path in found}
    return sorted(found, key=rank.__getitem__, reverse=True)


def _is_unfinished(path: Path) -> bool:
    return UNFINISHED in path.name


def model_name(path: Path) -> str:
    """Its file's name without suffix and date."""
    return re.sub(r" \d{4}-\d\d-\d\d \d\d\.\d\d(?=( \(unfinished\))?(-\d+)?$)", "", path.name.removesuffix(SUFFIX))


def model_label(path: Path, now: datetime | None = None) -> str:
    """Such as "alloy, today 14:02"."""
    name = model_name(path)
    if not path.exists():
        return name
    made, today = datetime.fromtimestamp(path.stat().st_mtime), (now or datetime.now()).date()
    date = f"{made:%d %b}" if made.year == today.year else f"{made:%d %b %Y}"
    day = {0: "today", 1: "yesterday"}.get((today - made.date()).days, date)
    return f"{name}, {day} {made:%H:%M}"


def file_name(name: str) -> str:
    """A layer's name without what file systems forbid."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]+', "_", name).strip(" .") or "micrograph"
