"""OME-Zarr folders hold micrograph and mask, at several resolutions, with what viewers need to show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import zarr

from napari_csunet import ClassTable, Micrograph, PixelSize
from napari_csunet.errors import OutputError
from napari_csunet.micrographs import pyramid
from napari_csunet.micrographs.ome_zarr import MaskWriter, read_classes
from napari_csunet.micrographs.pyramid import mean_of_four, most_common_of_four
from napari_csunet.micrographs.replacing_folder import replacing_folder


def written(folder: Path, micrograph: Micrograph, mask: npt.NDArray[np.uint8], classes: ClassTable) -> Any:
    writer = MaskWriter(folder, micrograph, classes)
    for index, plane in enumerate(mask if mask.ndim == 3 else mask[None]):
        for start in range(0, len(plane), 20):
            writer.write(index, start, plane[start : start + 20])
    assert writer.finish() == classes.pixel_counts(mask)
    return zarr.open_group(folder, mode="r")


def test_micrograph_and_mask_come_back_as_they_were(
    tmp_path: Path, micrograph: Micrograph, mask: npt.NDArray[np.uint8], classes: ClassTable
) -> None:
    root = written(tmp_path / "a.ome.zarr", micrograph, mask, classes)
    np.testing.assert_array_equal(root["labels/mask/0"][:], mask)
    np.testing.assert_array_equal(root["0"][:], micrograph.pixels[0, ..., 0])
    assert root.metadata.zarr_format == 2
    assert read_classes(tmp_path / "a.ome.zarr") == classes


def test_names_colours_and_pixel_size_are_where_ngff_has_them(
    tmp_path: Path, micrograph: Micrograph, mask: npt.NDArray[np.uint8], classes: ClassTable
) -> None:
    attributes = written(tmp_path / "a.ome.zarr", micrograph, mask, classes)["labels/mask"].attrs
    (multiscale,) = attributes["multiscales"]
    assert [axis["name"] + axis["unit"] for axis in multiscale["axes"]] == ["ynanometer", "xnanometer"]
    assert multiscale["datasets"][0]["coordinateTransformations"] == [{"type": "scale", "scale": [12.5, 12.5]}]
    assert attributes["image-label"]["colors"][1] == {"label-value": 2, "rgba": [230, 159, 0, 255]}
    assert attributes["image-label"]["properties"][1] == {"label-value": 2, "class": "particle"}


def test_each_level_lies_where_the_pixels_lie_that_it_stands_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, micrograph: Micrograph, classes: ClassTable
) -> None:
    monkeypatch.setattr(pyramid, "SMALLEST_LEVEL", 30)
    micrograph = Micrograph.from_array(np.zeros((63, 95), np.uint8), "a", PixelSize(10, 20))
    root = written(tmp_path / "a.ome.zarr", micrograph, np.ones((63, 95), np.uint8), classes)
    assert [root[f"labels/mask/{level}"].shape for level in range(3)] == [(63, 95), (32, 48), (16, 24)]
    scale, shift = root.attrs["multiscales"][0]["datasets"][2]["coordinateTransformations"]
    assert (scale["scale"], shift["translation"]) == ([40, 80], [15, 30])


@pytest.mark.parametrize("shape", [(3, 40, 50), (40, 50, 3), (2, 40, 50, 3)])
def test_stacks_and_colour_have_a_mask_with_the_same_axes(
    tmp_path: Path, shape: tuple[int, ...], classes: ClassTable
) -> None:
    micrograph = Micrograph.from_array(np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8))
    root = written(tmp_path / "a.ome.zarr", micrograph, np.ones(micrograph.mask_shape, np.uint8), classes)
    assert root["labels/mask/0"].ndim == root["0"].ndim == len(root.attrs["multiscales"][0]["axes"])
    assert root["labels/mask/0"].size == np.prod(micrograph.mask_shape)


def test_masks_shrink_to_the_most_common_value_and_pictures_to_the_mean() -> None:
    block = np.array([[1, 2, 5, 5], [2, 7, 9, 9]], np.uint8)
    assert most_common_of_four(block).tolist() == [[2, 5]]
    assert most_common_of_four(np.array([[3, 2], [1, 3]])).tolist() == [[3]]
    assert mean_of_four(block).tolist() == [[3, 7]]


def test_a_folder_is_replaced_only_if_that_is_allowed_and_only_by_a_whole_one(tmp_path: Path) -> None:
    folder = tmp_path / "a.ome.zarr"
    folder.mkdir()
    with pytest.raises(OutputError, match="exists already"), replacing_folder(folder, overwrite=False):
        pass
    with pytest.raises(OutputError, match="not written"), replacing_folder(folder, overwrite=True) as temporary:
        (temporary / "new" / "deep").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["a.ome.zarr"]
    with replacing_folder(folder, overwrite=True) as temporary:
        (temporary / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["a.ome.zarr", "new"]
