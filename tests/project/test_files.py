from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

from napari_csunet import ClassTable, Micrograph, PixelSize
from napari_csunet.errors import LabelError, OutputError
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.project.description import Entry
from napari_csunet.project.label_files import checksum, painted_pixels, read_labels_of, write_labels
from napari_csunet.project.thumbnails import read_thumbnail, thumbnail, write_thumbnail


@pytest.mark.parametrize("shape", [(32, 48), (1, 32, 48), (3, 32, 48), (4, 32, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
def test_labels_come_back_as_they_were_painted(tmp_path: Path, shape: tuple[int, ...], dtype: type[np.integer]) -> None:
    labels = np.random.default_rng(0).integers(0, 120, shape).astype(dtype)
    write_labels(tmp_path / "a.tif", labels, PixelSize(12.5, 12.5))
    read = read_labels_of(tmp_path / "a.tif", shape)
    np.testing.assert_array_equal(read, labels)
    assert checksum(read) == checksum(labels)
    assert painted_pixels(read) == painted_pixels(labels)


def test_label_files_tell_the_pixel_size(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.tif", np.eye(32, dtype=np.uint8), PixelSize(12.5, 12.5))
    size = read_micrograph(tmp_path / "a.tif").pixel_size
    assert size is not None
    assert size.x_nm == pytest.approx(12.5)


def test_labels_of_another_size_are_refused(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.tif", np.eye(32, dtype=np.uint8))
    with pytest.raises(LabelError, match="32 × 32, but this one has 48 × 16"):
        read_labels_of(tmp_path / "a.tif", (16, 48))


def test_a_full_disk_is_one_sentence_and_the_old_labels_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_labels(tmp_path / "a.tif", np.eye(32, dtype=np.uint8))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tifffile, "imwrite", full)
    with pytest.raises(OutputError, match="The disk is full"):
        write_labels(tmp_path / "a.tif", np.ones((32, 32), np.uint8))
    assert painted_pixels(read_labels_of(tmp_path / "a.tif", (32, 32))) == {1: 32}


def test_the_labelled_share_counts_what_a_class_claims(classes: ClassTable) -> None:
    entry = Entry(key="a", path="a.tif", pixels=100, painted={1: 10, 9: 50})
    assert entry.labelled_share(classes) == pytest.approx(0.1)
    assert entry.labelled_share(ClassTable.from_names({0: "matrix", 1: "pore"})) == pytest.approx(0.5)


@pytest.mark.parametrize("shape", [(20, 30), (2, 300, 200), (300, 200, 3)])
def test_thumbnails_are_small_pictures_that_come_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels: npt.NDArray[np.uint16] = np.random.default_rng(0).integers(0, 60_000, shape).astype(np.uint16)
    picture = thumbnail(Micrograph.from_array(pixels))
    assert max(picture.shape) <= 128
    assert picture.shape[-1] == 3
    write_thumbnail(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(read_thumbnail(tmp_path / "a.png"), picture)
