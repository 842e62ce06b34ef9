"""Files that must not be replaced get another name."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from napari_csunet.errors import OutputError
from napari_csunet.micrographs.replacing import unused_path
from napari_csunet.micrographs.writing import class_table_path


def set_aside(path: Path, stem: str) -> Path | None:
    """Renames labels or a mask, with the classes beside it, to "stem (aside).tif"; None if there is no such file.

    Raises OutputError; the file is then still called as it was.
    """
    if not path.exists():
        return None
    aside = unused_path(path.with_name(f"{stem} (aside).tif"))
    try:
        path.rename(aside)
        _take_classes_along(path, aside)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path} cannot be renamed ({reason}). Change the permissions of its folder.") from error
    return aside


def _take_classes_along(path: Path, aside: Path) -> None:
    """If they cannot be renamed, the mask goes back to them."""
    if not class_table_path(path).exists():
        return
    try:
        class_table_path(path).rename(class_table_path(aside))
    except OSError:
        with suppress(OSError):
            aside.rename(path)
        raise
