"""What an export wrote into its folder, so that a later one can take it away and nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from napari_csunet.micrographs.replacing import replacing

MANIFEST = "export.json"
"""In the folder: names of files with their SHA-256, or null while they are being written."""
_PROGRAM = "napari-csunet"


def announce(folder: Path, names: Iterable[str]) -> None:
    """Says before anything is written what is going to be, so that even an export that breaks off is known."""
    _write(folder, dict.fromkeys(names))


def seal(folder: Path, paths: Iterable[Path]) -> None:
    """Says at the end what was written."""
    _write(folder, {path.relative_to(folder).as_posix(): _digest(path) for path in paths if path.name != MANIFEST})


def take_away(folder: Path) -> list[str]:
    """Removes what an earlier export wrote; returns what somebody has changed since, which stays."""
    changed = []
    for name, digest in _read(folder).items():
        path = folder / name
        if not path.exists():
            continue
        if digest is not None and _digest(path) != digest:
            changed.append(name)
            continue
        _remove(path)
    return changed


def _remove(path: Path) -> None:
    """And its folder, if that is empty then."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


def _read(folder: Path) -> dict[str, str | None]:
    """Nothing if there is none, or none that this program wrote."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or found.get("program") != _PROGRAM or not isinstance(found.get("files"), dict):
        return {}
    return {name: digest for name, digest in found["files"].items() if _is_inside(name)}


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and ":" not in path.parts[0]


def _write(folder: Path, files: Mapping[str, str | None]) -> None:
    content = json.dumps({"program": _PROGRAM, "files": dict(sorted(files.items()))}, indent=1, ensure_ascii=False)
    with replacing(folder / MANIFEST, overwrite=True) as temporary:
        temporary.write_text(content + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files in a folder."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for one in sorted(part for part in path.rglob("*") if part.is_file()):
        whole.update(f"{one.relative_to(path).as_posix()} {_digest(one)}\n".encode())
    return whole.hexdigest()
