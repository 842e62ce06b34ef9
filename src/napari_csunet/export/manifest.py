"""What an export wrote into its folder, so that a later one can take it away and nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from napari_csunet.micrographs.replacing import replacing

MANIFEST = "export.json"
"""In the folder: names of files with their SHA-256, or null while they are being written."""
_PROGRAM = "napari-csunet"


@contextmanager
def recording(folder: Path, names: Iterable[str], written: Callable[[], Iterable[Path]]) -> Iterator[None]:
    """Around the writing of ``names``: what an export wrote is known, beside earlier ones, even if it breaks off."""
    _announce(folder, names)
    try:
        yield
    finally:
        _add(folder, written())


def _announce(folder: Path, names: Iterable[str]) -> None:
    """Only what is not there yet is taken for ours whatever it will hold: the rest may be somebody's work by now."""
    new = [name for name in names if name != MANIFEST and not (folder / name).exists()]
    _write(folder, {**_read(folder), **dict.fromkeys(new)})


def _add(folder: Path, paths: Iterable[Path]) -> None:
    there = [path for path in paths if path.name != MANIFEST and path.exists()]
    _write(folder, {**_read(folder), **{_name(folder, path): _digest(path) for path in there}})


def is_changed(folder: Path, name: str) -> bool:
    """Whether an earlier export wrote this file and somebody has changed it since."""
    digest, path = _read(folder).get(name), folder / name
    return digest is not None and path.exists() and _digest(path) != digest


def take_away(folder: Path, but: Iterable[Path] = ()) -> list[str]:
    """Removes, and forgets, what is known except ``but``; returns what stays as it was changed since, or is in use.

    What stays is remembered as it was written, so that no later export takes it for its own.
    """
    kept, files = {_name(folder, path) for path in but}, _read(folder)
    there = {name: _identity(folder / name) for name in (*kept, *files) if (folder / name).exists()}
    staying = {there[name] for name in kept & there.keys()}
    others = [name for name in files if name in there and there[name] not in staying]
    stayed = [name for name in others if not _taken_away(folder, name, files[name])]
    if files:
        _write(folder, {name: digest for name, digest in files.items() if name in kept or name in stayed})
    return stayed


def _taken_away(folder: Path, name: str, digest: str | None) -> bool:
    path = folder / name
    if digest is not None and _digest(path) != digest:
        return False
    try:
        _remove(path)
    except OSError:
        return False
    if path.parent != folder:
        with suppress(OSError):  # not empty
            path.parent.rmdir()
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _identity(path: Path) -> tuple[int, int]:
    """The same for two names of one file, as where a disk does not tell capitals apart."""
    found = path.stat()
    return found.st_dev, found.st_ino


def _read(folder: Path) -> dict[str, str | None]:
    """Nothing if there is none, or none that this program wrote."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or found.get("program") != _PROGRAM or not isinstance(found.get("files"), dict):
        return {}
    return {name: digest for name, digest in found["files"].items() if name != MANIFEST and _is_inside(folder, name)}


def _is_inside(folder: Path, name: str) -> bool:
    """On every system, and through links: folders that lead elsewhere are not ours."""
    path = PurePosixPath(name)
    is_plain = path.parts and not path.is_absolute() and ".." not in path.parts
    if not is_plain or ":" in path.parts[0] or "\\" in name:
        return False
    return (folder / name).resolve().is_relative_to(folder.resolve())


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
