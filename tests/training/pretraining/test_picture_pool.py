"""Pools: patches and masks stay together, limits on memory change nothing, bad files are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageDraw

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError, MicrographError
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.micrographs.writing import write_class_table
from napari_csunet.training.pretraining import read_labelled_pool, read_pool
from napari_csunet.training.pretraining.memory_allowance import MemoryAllowance
from napari_csunet.training.pretraining.picture_pool import pictures_of
from napari_csunet.training.pretraining.step_random import StepRandom

CPU = torch.device("cpu")


def test_patches_are_normalised_by_their_micrograph(pictures: Path) -> None:
    images, masks = read_pool([pictures]).draw(32, 64, StepRandom.of(0, 0, 0, CPU))
    assert images.shape == (32, 1, 64, 64)
    assert abs(float(images.mean())) < 0.1
    assert 0.7 < float(images.std()) < 1.1  # interpolation takes some of the noise
    assert sorted(set(masks.flatten().tolist())) == [-1]


def test_masks_stay_on_their_pixels(pictures: Path) -> None:
    pool = read_labelled_pool([pictures], [pictures.parent / "masks"], instances=True)
    images, masks = pool.draw(16, 64, StepRandom.of(0, 0, 0, CPU))
    assert sorted(set(masks.flatten().tolist())) == [0, 1]
    assert images[:, 0][masks == 1].mean() > images[:, 0][masks == 0].mean() + 1


def test_reading_when_drawn_gives_the_same_patches(pictures: Path) -> None:
    held, lazy = read_pool([pictures]), read_pool([pictures], MemoryAllowance(0))
    first, second = (pool.draw(4, 64, StepRandom.of(0, 0, 5, CPU))[0] for pool in (held, lazy))
    assert torch.equal(first, second)


def test_pools_that_share_an_allowance_hold_no_more_than_it_together() -> None:
    memory = MemoryAllowance(100)
    assert [memory.grants(nbytes) for nbytes in (60, 60, 40, 1)] == [True, False, True, False]


def test_an_unreadable_micrograph_is_skipped_and_named(pictures: Path) -> None:
    (pictures / "broken.tif").write_bytes(b"II*\0 nothing")
    pool = read_pool([pictures])
    assert len(pool) == 3
    assert "broken.tif" in pool.notices[0]


def test_a_folder_with_nothing_readable_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(MicrographError, match=r"None of 1 micrographs.*broken\.png"):
        read_pool([tmp_path])


def test_numbered_objects_are_not_taken_for_classes_even_if_some_masks_have_few(pictures: Path) -> None:
    mask = next((pictures.parent / "masks").iterdir())
    tifffile.imwrite(mask, tifffile.imread(mask) * 50)
    with pytest.raises(LabelError, match="Add --instances"):
        read_labelled_pool([pictures], [pictures.parent / "masks"])


def masks_of(pictures: Path, values: tuple[int, ...]) -> Path:
    """Folder of masks whose objects 0 to 7 got these values in turn."""
    for path in (pictures.parent / "masks").iterdir():
        tifffile.imwrite(path, np.array(values, np.uint8)[tifffile.imread(path) % len(values)])
    return pictures.parent / "masks"


def classes_drawn(pictures: Path, masks: Path) -> set[int]:
    pool = read_labelled_pool([pictures], [masks])
    return set(pool.draw(8, 64, StepRandom.of(0, 0, 0, CPU))[1].flatten().tolist())


def test_what_a_mask_excludes_is_ignored(pictures: Path) -> None:
    assert classes_drawn(pictures, masks_of(pictures, (0, 1, 255))) == {-1, 0, 1}


def test_a_class_table_beside_a_mask_says_what_its_values_are(pictures: Path) -> None:
    masks = masks_of(pictures, (0, 40, 255))
    for path in list(masks.iterdir()):
        write_class_table(path, ClassTable.from_names({40: "matrix", 255: "pore"}))
    assert classes_drawn(pictures, masks) == {-1, 0, 1}


def test_masks_of_other_classes_are_another_set(pictures: Path) -> None:
    masks = masks_of(pictures, (1, 2))
    write_class_table(masks / "1_mask.tif", ClassTable.from_names({1: "matrix", 2: "pore"}))
    with pytest.raises(MicrographError, match=r"0_mask\.tif and .*1_mask\.tif differ"):
        read_labelled_pool([pictures], [masks])


@pytest.fixture
def with_databar(tmp_path: Path) -> Path:
    """Folder of two grey micrographs (160, 192) around 110, with text on black in 24 rows below."""
    (tmp_path / "bars").mkdir()
    bar = Image.new("L", (192, 24), 0)
    ImageDraw.Draw(bar).text((6, 6), "15.0 kV x10.0k SE(U) WD 5", fill=255)
    for i in range(2):
        specimen = np.random.default_rng(i).normal(110, 25, (160, 192)).clip(20, 230).astype(np.uint8)
        tifffile.imwrite(tmp_path / "bars" / f"{i}.tif", np.concatenate([specimen, np.asarray(bar)]))
    return tmp_path / "bars"


def test_a_databar_is_never_drawn(with_databar: Path) -> None:
    assert [one.pixels.shape for one in pictures_of(read_micrograph(with_databar / "0.tif"))] == [(160, 192)]
    patches, _ = read_pool([with_databar]).draw(32, 64, StepRandom.of(0, 0, 0, CPU))
    assert float(patches.min()) > -2.5  # the bar's black is below the darkest of the specimen


def test_masks_lose_the_rows_of_the_databar_too(with_databar: Path, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    for i in range(2):
        tifffile.imwrite(
            tmp_path / "masks" / f"{i}.tif", np.repeat(np.array([0, 1], np.uint8), [160, 24])[:, None].repeat(192, 1)
        )
    pool = read_labelled_pool([with_databar], [tmp_path / "masks"])
    assert pool.class_count == 2
    assert set(pool.draw(16, 64, StepRandom.of(0, 0, 0, CPU))[1].flatten().tolist()) == {0}
