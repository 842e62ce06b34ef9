"""What is written comes back as it was, with its pixel size, and fails without loss."""

from __future__ import annotations

import errno
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError, OutputError
from napari_csunet.micrographs import writing
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.micrographs.writing import (
    class_table_path,
    read_class_table,
    write_class_table,
    write_image,
    write_mask,
    write_overlay,
)

Array = npt.NDArray[Any]

VALUES = (0, 1, 7, 255)
TABLE = ClassTable.from_names({value: f"phase {value}" for value in VALUES})  # excluded pixels hold 65535
SHAPES = st.one_of(st.tuples(*[st.integers(1, 20)] * 2), st.tuples(st.integers(2, 4), *[st.integers(1, 9)] * 2))
MASKS = st.sampled_from([np.uint8, np.uint16]).flatmap(lambda d: arrays(d, SHAPES, elements=st.sampled_from(VALUES)))


def few(mask: Array) -> Array:
    """The values of ``mask`` with gaps closed, so that they are those of the table 1, 2."""
    return np.where(mask > 1, 2, 1).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(MASKS)
def test_mask_comes_back_as_it_was(mask: Array) -> None:
    with TemporaryDirectory() as folder:
        path = write_mask(Path(folder, "a.b #1.tif"), mask, TABLE)
        found = read_labels(path)
        assert found.dtype == mask.dtype
        assert np.array_equal(found, mask)


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-2, 1e7), st.floats(1e-2, 1e7))
def test_pixel_size_comes_back_as_it_was(y_nm: float, x_nm: float) -> None:
    with TemporaryDirectory() as folder:
        path = write_mask(Path(folder, "a.tif"), np.zeros((4, 5), np.uint8), TABLE, PixelSize(y_nm, x_nm))
        found = read_micrograph(path).pixel_size
        assert found is not None
        assert (found.y_nm, found.x_nm) == pytest.approx((y_nm, x_nm), rel=1e-5)


@pytest.mark.parametrize("slices", [2, 3, 4])
def test_mask_is_an_imagej_file_with_slices_and_micrometres(tmp_path: Path, slices: int) -> None:
    write_mask(tmp_path / "a.tif", np.ones((slices, 8, 9), np.uint8), TABLE, PixelSize(20, 25))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_imagej
        assert file.imagej_metadata is not None
        assert (file.imagej_metadata["unit"], file.imagej_metadata["slices"]) == ("um", slices)
        assert file.series[0].axes == "ZYX"
        assert file.pages.first.tags["XResolution"].value == (40, 1)
        assert file.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE


def test_huge_masks_keep_their_pixel_size_in_ome_tiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_IMAGEJ_BYTES", 0)
    stack = np.ones((3, 8, 9), np.uint8)
    found = read_micrograph(write_mask(tmp_path / "a.tif", stack, TABLE, PixelSize(20, 25)))
    assert found.pixel_size == PixelSize(20, 25)
    assert np.array_equal(found.pixels[..., 0], stack)


def test_mask_of_another_type_takes_that_of_the_table(tmp_path: Path, classes: ClassTable) -> None:
    for dtype in (bool, np.int64):
        path = write_mask(tmp_path / "a.tif", np.eye(5, dtype=dtype), classes, overwrite=True)
        assert read_labels(path).dtype == np.uint8


def test_values_outside_the_table_are_refused(tmp_path: Path, classes: ClassTable) -> None:
    with pytest.raises(LabelError, match=r"a\.tif: the values 3, 4 are in the mask"):
        write_mask(tmp_path / "a.tif", np.array([[0, 1], [3, 4]]), classes)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mask", [np.zeros((2, 2)), np.zeros(3, np.uint8), np.zeros((0, 4), np.uint8)])
def test_what_is_no_mask_is_refused(tmp_path: Path, mask: Array, classes: ClassTable) -> None:
    with pytest.raises(LabelError, match="is not a mask"):
        write_mask(tmp_path / "a.tif", mask, classes)


def test_class_table_stands_beside_the_mask(tmp_path: Path) -> None:
    path = write_mask(tmp_path / "a.1.tif", np.zeros((4, 5), np.uint8), TABLE)
    assert class_table_path(path) == tmp_path / "a.1.classes.json"
    assert read_class_table(path) == read_class_table(class_table_path(path)) == TABLE


def test_class_table_is_not_overwritten_unasked(tmp_path: Path, classes: ClassTable) -> None:
    write_class_table(tmp_path / "a.tif", TABLE)
    with pytest.raises(OutputError, match=r"a\.classes\.json exists already"):
        write_mask(tmp_path / "a.tif", np.ones((4, 5), np.uint8), classes)
    assert not (tmp_path / "a.tif").exists()
    write_class_table(tmp_path / "a.tif", classes, overwrite=True)
    assert read_class_table(tmp_path / "a.tif") == classes


def test_unreadable_class_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"a\.classes\.json does not exist"):
        read_class_table(tmp_path / "a.tif")
    (tmp_path / "a.classes.json").write_bytes(b"\xff{")
    with pytest.raises(LabelError, match=r"a\.classes\.json is not a class table"):
        read_class_table(tmp_path / "a.tif")


def test_full_disk_keeps_the_old_mask(tmp_path: Path, classes: ClassTable, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_mask(tmp_path / "a.tif", np.ones((4, 5), np.uint8), classes)
    before = sorted(tmp_path.iterdir())

    def fill_the_disk(target: Path, *args: Any, **options: Any) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tifffile, "imwrite", fill_the_disk)
    with pytest.raises(OutputError, match=r"The disk is full: .*a\.tif was not written"):
        write_mask(path, np.full((4, 5), 2, np.uint8), classes, overwrite=True)
    assert (read_labels(path) == 1).all()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("shape", "axes", "stored"),
    [((4, 5), None, "YX"), ((3, 4, 5), None, "ZYX"), ((3, 4, 5), "CYX", "CYX"), ((2, 3, 4, 5), "CZYX", "ZCYX")],
)
def test_image_keeps_values_and_axes(tmp_path: Path, shape: tuple[int, ...], axes: str | None, stored: str) -> None:
    array = np.random.default_rng(0).random(shape, dtype=np.float32)
    path = write_image(tmp_path / "a.tif", array, PixelSize(5, 5), axes=axes)
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == stored
        assert file.series[0].dtype == np.float32
        assert np.array_equal(file.asarray(), array.swapaxes(0, 1) if stored == "ZCYX" else array)


def test_wrong_axes_are_refused(tmp_path: Path) -> None:
    for axes in ("YX", "QYX", "CCX", "YYX"):
        with pytest.raises(LabelError, match=f"cannot have the axes {axes}"):
            write_image(tmp_path / "a.tif", np.zeros((2, 3, 4), np.float32), axes=axes)


def test_overlay_tints_classes_and_leaves_the_rest_grey(
    tmp_path: Path, micrograph: Micrograph, mask: Array, classes: ClassTable
) -> None:
    mask[:8] = 0
    picture = iio.imread(write_overlay(tmp_path / "a.png", micrograph, mask, classes)).astype(int)
    colour = np.array(list(bytes.fromhex(classes.colours[1][1:])))
    grey = (picture[mask == 2] - 0.4 * colour) / 0.6
    assert picture.shape == (*micrograph.size, 3)
    assert np.ptp(picture[mask == 0], axis=-1).max() == 0
    assert np.ptp(grey, axis=-1).max() < 2


def test_overlay_of_a_stack_shows_the_slice_asked_for(tmp_path: Path, classes: ClassTable) -> None:
    pixels = np.stack([np.eye(16), np.eye(16)[::-1]]).astype(np.float32)
    pixels[0, 0, 1] = np.nan
    stack, masks = Micrograph.from_array(pixels), few(pixels)
    pictures = [iio.imread(write_overlay(tmp_path / f"{i}.png", stack, masks, classes, i)) for i in range(2)]
    assert not np.array_equal(pictures[0], pictures[1])


def test_overlay_of_another_shape_is_refused(tmp_path: Path, micrograph: Micrograph, classes: ClassTable) -> None:
    with pytest.raises(LabelError, match="Give the mask of this micrograph"):
        write_overlay(tmp_path / "a.png", micrograph, np.ones((4, 4), np.uint8), classes)
