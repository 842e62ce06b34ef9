"""Writing a folder so that nothing is lost: never over an existing one unasked, and never half."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_csunet.errors import ExistsError, OutputError
from napari_csunet.micrographs.replacing import check_writable


def check_folder_is_free(folder: Path, *, overwrite: bool) -> None:
    """Raises OutputError if something has that name, unless it is a folder and may be replaced, or none can be made."""
    if os.path.lexists(folder) and not (overwrite and folder.is_dir()):
        raise ExistsError(folder)
    check_writable(folder.with_name(f".{secrets.token_hex(8)}"), overwrite=False)


@contextmanager
def replacing_folder(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Temporary folder beside ``folder``, renamed to it once the block is through, removed if it fails.

    Raises OutputError as ``check_folder_is_free``, and in place of every OSError of the block.
    """
    check_folder_is_free(folder, overwrite=overwrite)
    temporary = folder.with_name(f".{secrets.token_hex(8)}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _take_name(temporary, folder, overwrite)
    except OSError as error:
        raise OutputError(
            f"{folder} was not written ({error.strerror or error}). Free some space, or choose another folder."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _take_name(temporary: Path, folder: Path, overwrite: bool) -> None:
    check_folder_is_free(folder, overwrite=overwrite)
    older = folder.with_name(f".{secrets.token_hex(8)}")
    if folder.exists():
        folder.rename(older)
    temporary.rename(folder)
    shutil.rmtree(older, ignore_errors=True)
