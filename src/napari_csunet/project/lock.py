"""One window at a time: a file in the project says which process has it open."""

from __future__ import annotations

import json
import os
import socket
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from napari_csunet.errors import OutputError
from napari_csunet.project.description import ProjectError

LOCK_FILE = "project.lock"
CLOCK_TOLERANCE_S = 60
"""By how much the start time of a process may seem to change when the clock is set."""


@dataclass(frozen=True)
class Owner:
    """Who holds a lock: process and its start (seconds since 1970) on a host, and when it took the lock."""

    pid: int
    started: float
    host: str
    since: str
    token: str

    @property
    def is_gone(self) -> bool:
        """Whether its process ended without letting go; of other hosts nothing is known."""
        if self.host != socket.gethostname():
            return False
        try:
            started: float = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return False
        return abs(started - self.started) > CLOCK_TOLERANCE_S


class ProjectLock:
    """Held from ``take`` to ``release``; that of a process which died on this host is taken over."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        self._own: Owner | None = None

    def take(self) -> None:
        """Raises ProjectError that names who has the project open, OutputError if the folder may not be written."""
        own = _this_process()
        if not self._write(own):
            self._remove_if_gone()
            if not self._write(own):
                raise ProjectError(_in_use(self._path, self._read()))
        self._own = own

    def release(self) -> None:
        """Does nothing if somebody else has taken it over."""
        if self._own is not None and self._read() == self._own:
            with suppress(OSError):
                self._path.unlink()
        self._own = None

    def _write(self, own: Owner) -> bool:
        """Whether the file was free; who reads it finds it whole, because it comes by a link or a rename."""
        draft = self._path.with_name(f".{own.token}.lock")
        try:
            draft.write_text(json.dumps(asdict(own)), encoding="utf-8")
            return _name_if_free(draft, self._path)
        except OSError as error:
            raise OutputError(
                f"{self._path.parent} may not be written ({error.strerror}). Choose another folder, or change its "
                "permissions."
            ) from error
        finally:
            with suppress(OSError):  # where nothing may be written, not even this
                draft.unlink()

    def _remove_if_gone(self) -> None:
        """Moves the file aside first: of two windows that find it, only one takes it away."""
        found = self._read()
        if found is not None and not found.is_gone:
            return
        aside = self._path.with_name(f".{uuid.uuid4().hex}.lock")
        with suppress(OSError):
            self._path.rename(aside)
            if _read(aside) == found:
                aside.unlink()
            else:  # another window was quicker: it gets its own back
                _name_if_free(aside, self._path)
                aside.unlink(missing_ok=True)

    def _read(self) -> Owner | None:
        return _read(self._path)


def _this_process() -> Owner:
    now = datetime.now().strftime("%Y-%m-%d %H:%M")
    return Owner(os.getpid(), psutil.Process().create_time(), socket.gethostname(), now, uuid.uuid4().hex)


def _name_if_free(draft: Path, path: Path) -> bool:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        return _copy_if_free(draft, path)
    return True


def _copy_if_free(draft: Path, path: Path) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(draft.read_text(encoding="utf-8"))
    except FileExistsError:
        return False
    return True


def _read(path: Path) -> Owner | None:
    """None if there is no file, or it is not a lock."""
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _in_use(path: Path, owner: Owner | None) -> str:
    if owner is None:
        return f"{path.parent} is being opened by another window. Try again."
    if owner.host == socket.gethostname():
        here = "this program" if owner.pid == os.getpid() else f"process {owner.pid}"
        return f"{path.parent} is open in another window ({here}, since {owner.since}). Close it there first."
    return (
        f"{path.parent} is open on {owner.host} (process {owner.pid}, since {owner.since}). Close it there first; "
        f"if that computer has crashed, delete {path.name}."
    )
