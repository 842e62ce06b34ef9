from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_csunet import ClassTable
from napari_csunet.errors import OutputError
from napari_csunet.micrographs.replacing import replacing
from napari_csunet.micrographs.writing import read_class_table, write_mask
from napari_csunet.project.description import FORMAT, PROJECT_FILE, ProjectError
from napari_csunet.project.label_files import write_labels
from napari_csunet.project.lock import ProjectLock
from napari_csunet.project.opening import Places, open_micrograph
from napari_csunet.project.project import Project


@pytest.fixture
def project(images: Path, classes: ClassTable) -> Project:
    return Project.create(images, classes)


def rewritten(folder: Path, **changes: object) -> None:
    path = folder / PROJECT_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_is_changed_and_saved_is_there_after_reopening(project: Project, images: Path) -> None:
    project.change_entry("a10", role="validation", painted={1: 4}, pixels=64)
    project.change(classes=ClassTable.from_names({3: "pore", 7: "crack"}))
    project.save()
    project.close()
    again = Project.open(images)
    assert again.description == project.description
    assert again.entry("a10").role == "validation"
    assert again.notices == ()


def test_equal_names_in_other_folders_and_formats_get_label_files_of_their_own(
    images: Path, classes: ClassTable
) -> None:
    shutil.copy(images / "a2.tif", images / "A2.TIFF")
    project = Project.create(images, classes)
    paths = {str(project.labels_path(key)).casefold() for key in project.keys}
    assert len(paths) == len(project.keys) == 4
    assert project.keys[-1] == "day 2_a2"


def test_labels_and_masks_beside_micrographs_are_not_micrographs(images: Path, classes: ClassTable) -> None:
    shutil.copy(images / "a2.tif", images / "a2_mask.tif")
    shutil.copytree(images / "day 2", images / "masks")
    assert Project.create(images, classes).keys == ("a2", "a10", "day 2_a2")


def test_a_project_that_moves_with_its_micrographs_finds_them(project: Project, images: Path) -> None:
    project.close()
    moved = images.rename(images.with_name("moved"))
    again = Project.open(moved)
    assert again.notices == ()
    assert again.image_path("a10") == moved / "a10.tif"


def test_micrographs_elsewhere_are_found_by_their_absolute_path(
    images: Path, classes: ClassTable, tmp_path: Path
) -> None:
    project = Project.create(images, classes, tmp_path / "far" / "away")
    assert project.entry("a2").path == str(images / "a2.tif")
    assert sorted(one.name for one in images.iterdir()) == ["a10.tif", "a2.tif", "day 2"]


def test_a_folder_that_may_not_be_written_gets_a_project_at_home_and_the_same_the_next_time(
    images: Path, classes: ClassTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *, overwrite: bool) -> None:
        raise OutputError(f"{path} may not be written.")  # what root, who runs tests in a container, never meets

    monkeypatch.setattr("napari_csunet.project.places.check_writable", refuse)
    project = Project.open_or_create(images, classes)
    project.close()
    assert project.folder == Path.home() / "napari-csunet" / "alloy"
    assert Project.open_or_create(images, classes).folder == project.folder


def test_a_project_is_known_by_its_folder_its_file_and_the_micrographs_that_it_was_made_of(
    images: Path, classes: ClassTable, tmp_path: Path
) -> None:
    project = Project.create(images, classes, tmp_path / "far" / "away")
    assert all(map(project.is_at, (project.folder, project.folder / PROJECT_FILE, images)))
    assert not project.is_at(tmp_path)
    Project.create(images, classes).close()
    assert not project.is_at(images)


def test_what_programs_of_the_same_format_do_not_know_is_written_only_where_it_is_known(project: Project) -> None:
    written = project.folder / PROJECT_FILE
    assert "predicted" not in written.read_text()
    project.change_entry("a10", predicted=17)
    project.save()
    assert written.read_text().count("predicted") == 1
    project.close()
    assert Project.open(project.folder).entry("a10").predicted == 17


def test_a_new_picture_in_the_folder_joins_the_project(project: Project, images: Path) -> None:
    project.close()
    shutil.copy(images / "a2.tif", images / "a3.tif")
    assert Project.open(images).keys == ("a2", "a10", "day 2_a2", "a3")


def test_missing_and_replaced_pictures_are_named(project: Project, images: Path) -> None:
    project.close()
    (images / "a2.tif").unlink()
    tifffile.imwrite(images / "a10.tif", np.zeros((8, 8), np.uint8))
    missing, replaced = Project.open(images).notices
    assert "Missing: a2.tif" in missing
    assert "another picture: a10.tif" in replaced


def test_missing_pictures_are_found_in_another_folder(project: Project, images: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    shutil.move(images / "a10.tif", tmp_path / "new")
    assert project.relocate(tmp_path / "new") == 1
    assert project.image_path("a10") == tmp_path / "new" / "a10.tif"


def test_a_project_of_a_newer_version_is_refused_in_one_sentence(project: Project, images: Path) -> None:
    project.close()
    rewritten(images, format=FORMAT + 1, something={"new": 1})
    with pytest.raises(ProjectError, match=r"newer version .* Update napari-csunet"):
        Project.open(images)


def test_a_damaged_project_says_what_is_damaged(project: Project, images: Path) -> None:
    project.close()
    rewritten(images, classes="none")
    with pytest.raises(ProjectError, match="is damaged"):
        Project.open(images)


@pytest.mark.parametrize(
    ("name", "sentence"), [("no", "does not exist"), ("a2.tif", "is a file"), ("empty", "holds no")]
)
def test_what_is_no_project_is_told(images: Path, classes: ClassTable, name: str, sentence: str) -> None:
    (images / "empty").mkdir()
    with pytest.raises(ProjectError, match=sentence):
        Project.open_or_create(images / name, classes)


def test_what_a_killed_process_left_behind_is_tidied_away(project: Project, images: Path) -> None:
    project.close()
    half = images / "labels" / f".{'a' * 16}.tif"
    write_labels(half.with_name("a2.tif"), np.eye(32, 48, dtype=np.uint8))
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    Project.open(images)
    assert [path.name for path in half.parent.iterdir()] == ["a2.tif"]


def test_what_another_process_is_writing_now_stays(project: Project, images: Path) -> None:
    project.close()
    with replacing(images / "checkpoints" / "alloy.safetensors", overwrite=False) as temporary:
        temporary.write_bytes(b"as a training on the command line does")
        Project.open(images).close()
    assert [path.name for path in (images / "checkpoints").iterdir()] == ["alloy.safetensors"]


def test_a_mask_that_cannot_be_used_is_set_aside_with_its_classes(project: Project, classes: ClassTable) -> None:
    path = project.mask_path("a2")
    write_mask(path, np.ones((8, 8), np.uint8), classes)
    opened = next(open_micrograph(Places.of(project, "a2")))
    assert opened.mask is None
    assert "8 × 8, but this one has 48 × 32" in opened.mask_notice
    aside = project.set_mask_aside("a2")
    assert aside is not None
    assert read_class_table(aside) == classes
    assert [one.name for one in sorted(path.parent.iterdir())] == ["a2_mask (aside).classes.json", aside.name]
    assert not next(open_micrograph(Places.of(project, "a2"))).mask_notice


def test_a_mask_whose_classes_cannot_be_renamed_stays_beside_them(
    project: Project, classes: ClassTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, rename = project.mask_path("a2"), Path.rename
    write_mask(path, np.ones((8, 8), np.uint8), classes)

    def refuse(one: Path, target: Path) -> Path:
        if one.suffix == ".json":
            raise PermissionError(errno.EACCES, "Permission denied")  # which root never meets
        return rename(one, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError, match=r"a2_mask.tif cannot be renamed \(Permission denied\)"):
        project.set_mask_aside("a2")
    assert path.is_file()
    assert read_class_table(path) == classes


def test_labels_set_aside_are_not_replaced(project: Project) -> None:
    path = project.labels_path("a2")
    write_labels(path, np.ones((32, 48), np.uint8))
    aside = project.set_labels_aside("a2")
    assert aside is not None
    assert aside.is_file()
    assert not path.exists()


def test_what_another_window_saves_before_it_lets_go_is_not_lost(
    project: Project, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = ProjectLock.take

    def after_the_other(lock: ProjectLock) -> None:
        project.change_entry("a10", role="validation")
        project.save()
        project.close()
        take(lock)

    monkeypatch.setattr(ProjectLock, "take", after_the_other)
    assert Project.open(images).entry("a10").role == "validation"


def test_missing_pictures_of_one_name_are_told_apart_by_their_folders(project: Project, images: Path) -> None:
    project.close()
    moved = images.with_name("elsewhere")
    moved.mkdir()
    for name in ("a2.tif", "day 2"):
        shutil.move(images / name, moved)
    again = Project.open(images)
    assert again.relocate(moved) == 2
    assert [again.image_path(key) for key in ("a2", "day 2_a2")] == [moved / "a2.tif", moved / "day 2" / "a2.tif"]


def test_pictures_of_one_name_in_folders_that_say_nothing_are_not_guessed(project: Project, images: Path) -> None:
    (images / "a2.tif").unlink()
    moved = images.with_name("elsewhere")
    for folder in ("x", "y"):
        (moved / folder).mkdir(parents=True)
        shutil.copy(images / "a10.tif", moved / folder / "a2.tif")
    assert project.relocate(moved) == 0


def test_a_folder_that_may_not_be_read_hides_no_others(
    images: Path, classes: ClassTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    (images / "System Volume Information").mkdir()
    look = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path.name == "System Volume Information":
            raise PermissionError(errno.EACCES, "Permission denied")  # which root never meets
        return look(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert Project.create(images, classes).keys == ("a2", "a10", "day 2_a2")
