"""Where the checkpoints of the window are kept, and what they are called in a list."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from napari_csunet.micrographs.replacing import unused_path

SUFFIX = ".csunet.safetensors"


def models_folder() -> Path:
    return Path.home() / "napari-csunet" / "models"


def new_model_path(name: str, now: datetime | None = None) -> Path:
    """Unused path for the checkpoint of a fine-tuning that began now on a micrograph of this name."""
    moment = (now or datetime.now()).strftime("%Y-%m-%d %H.%M")
    return unused_path(models_folder() / f"{file_name(name)} {moment}{SUFFIX}")


def known_models() -> list[Path]:
    """Checkpoints in the folder, the last one first."""
    found = models_folder().glob(f"*{SUFFIX}")
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def model_label(path: Path, now: datetime | None = None) -> str:
    """Such as "alloy, today 14:02"."""
    name = re.sub(r" \d{4}-\d\d-\d\d \d\d\.\d\d(?=-\d+$|$)", "", path.name.removesuffix(SUFFIX))
    if not path.exists():
        return name
    made, today = datetime.fromtimestamp(path.stat().st_mtime), (now or datetime.now()).date()
    day = {0: "today", 1: "yesterday"}.get((today - made.date()).days, f"{made:%d %b %Y}")
    return f"{name}, {day} {made:%H:%M}"


def file_name(name: str) -> str:
    """A layer's name without what file systems forbid."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]+', "_", name).strip(" .") or "micrograph"
