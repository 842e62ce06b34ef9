"""Writing files so that nothing is lost: never over an existing file unasked, and never half."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_csunet.errors import ExistsError, OutputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_DOUBLE_SUFFIXES = (".csunet.safetensors", ".bioimageio.zip", ".classes.json", ".ome.tif", ".ome.tiff")


@contextmanager
def replacing(path: str | Path, *, overwrite: bool) -> Iterator[Path]:
    """Temporary path in the same folder, renamed to ``path`` once the block is through, removed if it fails.

    A missing folder is made. Raises OutputError if ``path`` exists and ``overwrite`` is false, and in place of
    every OSError of the block.
    """
    path = Path(path)
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    try:
        _check_is_free(path, overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _flush(temporary)
        _rename(temporary, path, overwrite)
    except OSError as error:
        raise _told(error, path) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_writable(path: str | Path, *, overwrite: bool) -> None:
    """Raises OutputError now if ``replacing`` would raise it at the end of long work."""
    path = Path(path)
    try:
        _check_is_free(path, overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _told(error, path) from error


def unused_path(path: str | Path) -> Path:
    """The path itself, or "name-2.tif", "name-3.tif", … if it is taken."""
    path = Path(path)
    suffix = next((s for s in _DOUBLE_SUFFIXES if path.name.endswith(s)), path.suffix)
    stem, number, candidate = path.name.removesuffix(suffix), 2, path
    while os.path.lexists(candidate):
        candidate = path.with_name(f"{stem}-{number}{suffix}")
        number += 1
    return candidate


def _check_is_free(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Choose the name of a file.")
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)


def _flush(path: Path) -> None:
    """Bring the content to the disk before the name points to it; some file systems report a full disk only now."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _rename(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    path.touch(exist_ok=False)  # takes the name: fails if a file has appeared, needs no hard links
    try:
        temporary.replace(path)
    except OSError:
        path.unlink()
        raise


def _told(error: OSError, path: Path) -> OutputError:
    if isinstance(error, FileExistsError) and error.filename in (path, str(path)):
        return ExistsError(path)
    return OutputError(_in_plain_words(error, path))


def _in_plain_words(error: OSError, path: Path) -> str:
    if error.errno in _FULL:
        return f"The disk is full: {path} was not written. Free some space, or choose another folder."
    if error.errno in _FORBIDDEN:
        return f"{path} may not be written. Choose another folder, or change its permissions."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"{path.parent} is not a folder. Choose another folder."
    return f"{path} was not written ({error.strerror or error}). Choose another folder or name."
