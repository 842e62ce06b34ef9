"""A failed or unasked write leaves everything as it was."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from napari_csunet.errors import OutputError
from napari_csunet.micrographs.replacing import replacing, unused_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(path: Path, overwrite: bool, failure: BaseException | None = None) -> None:
    with replacing(path, overwrite=overwrite) as temporary:
        temporary.write_text("new")
        if failure:
            raise failure


def test_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    with replacing(tmp_path / "new" / "a.txt", overwrite=False) as temporary:
        temporary.write_text("done")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "done"
    assert names(tmp_path / "new") == ["a.txt"]


def test_existing_file_is_refused_unless_overwriting_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OutputError, match=r"a\.txt exists already"), replacing(tmp_path / "a.txt", overwrite=False):
        pytest.fail("the block must not run")
    write(tmp_path / "a.txt", True)
    assert (tmp_path / "a.txt").read_text() == "new"


def test_file_that_appears_meanwhile_is_not_lost(tmp_path: Path) -> None:
    def write_ours_while_theirs_appears() -> None:
        with replacing(tmp_path / "a.txt", overwrite=False) as temporary:
            temporary.write_text("ours")
            (tmp_path / "a.txt").write_text("theirs")

    with pytest.raises(OutputError, match=r"a\.txt exists already"):
        write_ours_while_theirs_appears()
    assert (tmp_path / "a.txt").read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EROFS, "may not be written"),
        (errno.EACCES, "may not be written"),
        (errno.EIO, "was not written"),
    ],
)
@pytest.mark.parametrize("overwrite", [True, False])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, number: int, words: str, overwrite: bool) -> None:
    old = tmp_path / "old.txt"
    old.write_text("old")
    target = old if overwrite else tmp_path / "a.txt"
    with pytest.raises(OutputError, match=words):
        write(target, overwrite, OSError(number, "no"))
    assert old.read_text() == "old"
    assert names(tmp_path) == ["old.txt"]


def test_other_errors_pass_and_clean_up(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.txt", False, KeyboardInterrupt())
    assert names(tmp_path) == []


def test_failed_rename_gives_the_name_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match="was not written"):
        write(tmp_path / "a.txt", False)
    assert names(tmp_path) == []


def test_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match="a is a folder"), replacing(tmp_path / "a", overwrite=True):
        pytest.fail("the block must not run")
    (tmp_path / "file").touch()
    for parent in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(OutputError, match="is not a folder"), replacing(parent / "a.txt", overwrite=False):
            pytest.fail("the block must not run")


def test_taken_names_are_counted_on(tmp_path: Path) -> None:
    for name in ("a.tif", "a-2.tif", "b.csunet.safetensors", "c.1.tif"):
        (tmp_path / name).touch()
    assert unused_path(tmp_path / "a.tif").name == "a-3.tif"
    assert unused_path(tmp_path / "b.csunet.safetensors").name == "b-2.csunet.safetensors"
    assert unused_path(tmp_path / "c.1.tif").name == "c.1-2.tif"
    assert unused_path(tmp_path / "d.tif").name == "d.tif"
