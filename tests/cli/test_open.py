"""``napari-csunet FOLDER``: a project, a folder of micrographs, or one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_csunet import ClassTable
from napari_csunet.cli import main
from napari_csunet.project.project import Project
from napari_csunet.widgets import launch


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """What would be opened in a window."""
    asked: list[Path | None] = []
    monkeypatch.setattr(launch, "launch", lambda sample=None, project=None: asked.append(project))
    return asked


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["napari-csunet", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_a_folder_is_opened_and_no_argument_opens_the_window_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Path | None]
) -> None:
    (tmp_path / "predict").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, tmp_path) == run(monkeypatch, "./predict") == run(monkeypatch) == 0
    assert opened == [tmp_path, Path("predict"), None]


def test_a_subcommand_wins_over_a_folder_of_its_name_and_a_typing_error_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Path | None]
) -> None:
    (tmp_path / "info").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "info") == run(monkeypatch, "predit") == 2
    assert opened == []


@pytest.mark.parametrize(
    ("name", "sentence"), [("./no", "does not exist"), (".", "no micrographs"), ("a.txt", "a file")]
)
def test_what_cannot_be_opened_is_told_before_a_window_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").touch()
    assert run(monkeypatch, name) == 1
    assert sentence in capsys.readouterr().err


def test_a_project_that_is_open_elsewhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.eye(32, dtype=np.uint8))
    project = Project.create(tmp_path, ClassTable.from_names({1: "matrix", 2: "pore"}))
    assert run(monkeypatch, tmp_path) == 1
    assert "is open in another window" in capsys.readouterr().err
    project.close()
