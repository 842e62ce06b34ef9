"""A mask file carries its classes, beside it or in itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_csunet import ClassTable, PixelSize
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.micrographs.writing import MaskFormat, class_table_path, write_mask

CLASSES = ClassTable.from_names({1: "matrix", 2: "γ′ <a & b>"})


@pytest.mark.parametrize("form", [MaskFormat.IMAGEJ, MaskFormat.INDEXED, MaskFormat.OME])
@pytest.mark.parametrize("size", [None, PixelSize(10, 20)])
def test_a_mask_that_was_moved_away_from_its_table_keeps_its_classes(
    tmp_path: Path, form: MaskFormat, size: PixelSize | None
) -> None:
    path = write_mask(tmp_path / "a_mask.tif", np.full((8, 9), 2, np.uint8), CLASSES, size, form=form)
    assert classes_of_mask_file(path) == CLASSES
    class_table_path(path).unlink()
    assert classes_of_mask_file(path) == CLASSES


def test_masks_of_other_programs_carry_none(tmp_path: Path) -> None:
    mask = np.ones((8, 9), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", mask, imagej=True, metadata={"Info": '{"classes": 3}'})
    Image.fromarray(mask).save(tmp_path / "b.png")
    assert [classes_of_mask_file(tmp_path / name) for name in ("a.tif", "b.png")] == [None, None]
