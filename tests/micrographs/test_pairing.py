"""Files are found in a natural order, and paired by stem or refused with their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.pairing import find_files, pair_by_stem, partners

STEMS = st.text("abAB19._- #[]()", min_size=1).filter(lambda s: s.strip(". ") and not s.endswith(".ome"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a10.tif", "a2.TIF", "b.png", ".hidden.tif", "notes.txt", "a.classes.json", "c [1].#2.jpeg"):
        (tmp_path / name).touch()
    (tmp_path / "inner.tif").mkdir()
    return tmp_path


def test_folder_gives_its_pictures_in_natural_order(folder: Path) -> None:
    assert [p.name for p in find_files([folder])] == ["a2.TIF", "a10.tif", "b.png", "c [1].#2.jpeg"]


def test_glob_gives_pictures_only(folder: Path) -> None:
    assert [p.name for p in find_files([str(folder / "a*")])] == ["a2.TIF", "a10.tif"]


def test_glob_looks_into_folders_when_asked(folder: Path) -> None:
    (folder / "inner.tif" / "z.bmp").touch()
    assert [p.name for p in find_files([folder / "**" / "*.bmp"])] == ["z.bmp"]


def test_file_is_named_literally_even_with_glob_characters(folder: Path) -> None:
    assert find_files([folder / "c [1].#2.jpeg"]) == [folder / "c [1].#2.jpeg"]


def test_files_keep_their_order_and_come_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = find_files(["b.png", folder / "b.png", "a*.tif", folder])
    assert [p.name for p in found] == ["b.png", "a10.tif", "a2.TIF", "c [1].#2.jpeg"]


def test_nothing_found_is_said(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(MicrographError, match="empty is a folder without images"):
        find_files([folder / "empty"])
    with pytest.raises(MicrographError, match=r"No image matches .*x\*"):
        find_files([folder / "x*"])
    with pytest.raises(MicrographError, match=r"none\.tif does not exist"):
        find_files([folder / "none.tif"])


def test_each_mask_gets_its_micrograph_and_what_is_left_over_is_told() -> None:
    masks, offered = [Path("m/a_mask.tif")], [Path("m/a_mask.tif"), Path("a.tif"), Path("b_mask.png"), Path("b.tif")]
    assert partners(masks, offered) == ({masks[0]: Path("a.tif")}, [Path("b.tif")])


def test_two_files_of_one_name_that_nobody_needs_are_left_over() -> None:
    mask, offered = Path("m/a_mask.tif"), [Path("a.tif"), Path("b.tif"), Path("b.png")]
    assert partners([mask], offered) == ({mask: Path("a.tif")}, offered[1:])
    with pytest.raises(MicrographError, match=r"b\.tif and b\.png"):
        partners([Path("m/b.tif")], offered)


def test_masks_without_a_micrograph_are_named() -> None:
    with pytest.raises(MicrographError, match=r"No micrograph belongs to b_mask\.tif, c\.tif\. Give one"):
        partners([Path("a.tif"), Path("b_mask.tif"), Path("c.tif")], [Path("x/a.tif")])


@given(st.lists(STEMS, unique=True, min_size=1), st.sampled_from(["", "_mask", "_masks", "_label", "_labels"]))
def test_every_image_finds_its_labels(stems: list[str], suffix: str) -> None:
    images = [Path(f"{stem}.tif") for stem in stems]
    labels = [Path("labels", f"{stem}{suffix}.png") for stem in stems]
    assert pair_by_stem(images, reversed(labels)) == list(zip(images, labels, strict=True))


def test_predictions_pair_with_truth() -> None:
    assert pair_by_stem([Path("p/a_mask.tif")], [Path("t/a.tif")]) == [(Path("p/a_mask.tif"), Path("t/a.tif"))]


def test_missing_partner_is_named_on_either_side() -> None:
    with pytest.raises(MicrographError, match=r"No label file belongs to b\.tif\."):
        pair_by_stem([Path("a.tif"), Path("b.tif")], [Path("a_mask.tif")])
    with pytest.raises(MicrographError, match=r"No micrograph file belongs to c\.tif\."):
        pair_by_stem([Path("a.tif")], [Path("a_mask.tif"), Path("c.tif")], "micrograph", "truth")


def test_upper_and_lower_case_differ() -> None:
    with pytest.raises(MicrographError, match=r"A\.tif"):
        pair_by_stem([Path("A.tif")], [Path("a.tif")])


def test_two_candidates_for_one_image_are_named() -> None:
    with pytest.raises(MicrographError, match=r"a_mask\.tif and a_labels\.tif"):
        pair_by_stem([Path("a.tif")], [Path("a_mask.tif"), Path("a_labels.tif")])
