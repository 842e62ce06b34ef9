"""Encoder weights by name, each with one line for the user, and the places where their files are. Knows no torch."""

from __future__ import annotations

import hashlib
import os
from importlib.resources import files
from pathlib import Path

CHOICES: dict[str, str] = {
    "bundled": "Synthetic and real micrographs: comes with this program, for preset small",
    "none": "Train from scratch: needs no download",
    "imagenet": "Photographs (ImageNet): downloaded once",
    "micronet": "Micrographs (NASA MicroNet), CNN encoder only: downloaded once",
    "imagenet-micronet": "Photographs, then micrographs (NASA MicroNet), CNN encoder only: downloaded once",
    "microlite": "Micrographs (MicroLite), Swin encoder only: a file from its authors, given by its path",
    "imagenet-microlite": "Photographs, then MicroLite, Swin encoder only: a file from its authors, given by its path",
}
"""Names that ``--encoder-weights`` takes beside a path, each with one line for the user."""

BY_PATH_ONLY = ("microlite", "imagenet-microlite")
"""Names whose file no program can download: the user gets it and gives its path."""

CACHE_VARIABLE = "NAPARI_CSUNET_CACHE"


def cache_folder() -> Path:
    """Where downloaded weights are kept; a file put there by hand under its own name is used as it is."""
    from platformdirs import user_cache_path

    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).expanduser() if named else user_cache_path("napari-csunet", appauthor=False)


def bundled_path() -> Path:
    """The weights that come with this program; the file is absent where they were not packaged."""
    return Path(str(files("napari_csunet"))) / "model" / "bundled" / "small.safetensors"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
