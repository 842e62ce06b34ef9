from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from napari_csunet.project.description import ProjectError
from napari_csunet.project.lock import LOCK_FILE, ProjectLock


def locked_by(folder: Path, **changes: object) -> None:
    """As if another process had taken the lock."""
    ProjectLock(folder).take()
    path = folder / LOCK_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_second_window_is_told_who_has_the_project(tmp_path: Path) -> None:
    first = ProjectLock(tmp_path)
    first.take()
    with pytest.raises(ProjectError, match=r"open in another window \(this program, since"):
        ProjectLock(tmp_path).take()
    first.release()
    ProjectLock(tmp_path).take()


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    locked_by(tmp_path, pid=dead.pid)
    ProjectLock(tmp_path).take()


def test_a_number_that_another_process_has_now_is_not_the_owner(tmp_path: Path) -> None:
    locked_by(tmp_path, started=1.0)
    ProjectLock(tmp_path).take()


def test_a_lock_of_another_computer_stays(tmp_path: Path) -> None:
    locked_by(tmp_path, host=f"not-{socket.gethostname()}", pid=1)
    with pytest.raises(ProjectError, match=r"open on not-.* delete project.lock"):
        ProjectLock(tmp_path).take()


def test_who_lost_the_lock_does_not_release_that_of_another(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path)
    lock.take()
    (tmp_path / LOCK_FILE).unlink()
    locked_by(tmp_path, token="another")
    lock.release()
    assert (tmp_path / LOCK_FILE).is_file()


def test_a_lock_leaves_nothing_else_in_the_folder(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path)
    lock.take()
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]
    lock.release()
    assert list(tmp_path.iterdir()) == []
