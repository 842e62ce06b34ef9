"""Databars are found in pictures, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image, ImageDraw

from napari_csunet import Micrograph
from napari_csunet.micrographs.databar import databar_rows, find_databar
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.training.synthesis.fields import Draw
from napari_csunet.training.synthesis.recording import IGNORED, Recording, record

Picture = npt.NDArray[Any]

SPECIMEN = np.random.default_rng(0).normal(110, 25, (200, 256)).clip(20, 230).astype(np.uint8)


def with_databar(specimen: Picture, height: int = 24, ink: int = 255, paper: int = 0) -> Picture:
    """As microscopes draw it below: text and a scale bar."""
    bar = Image.new("L", (specimen.shape[1], height), paper)
    drawing = ImageDraw.Draw(bar)
    drawing.text((6, height // 2 - 6), "15.0 kV x10.0k SE(U)", fill=ink)
    drawing.line((170, height // 2, 230, height // 2), fill=ink, width=2)
    return np.concatenate([specimen, np.asarray(bar)])


@pytest.mark.parametrize(("ink", "paper"), [(255, 0), (0, 255), (230, 60)])
@pytest.mark.parametrize("height", [16, 24, 60])
def test_databar_is_found_to_the_row(ink: int, paper: int, height: int) -> None:
    assert find_databar(with_databar(SPECIMEN, height, ink, paper)) == slice(200, 200 + height)


def test_databar_at_the_top_is_found() -> None:
    assert find_databar(with_databar(SPECIMEN[::-1])[::-1]) == slice(0, 24)


@pytest.mark.parametrize("seed", range(6))
def test_databars_of_the_training_pictures_are_found(seed: int) -> None:
    draw = Draw.from_generator(torch.Generator().manual_seed(seed), 1, torch.device("cpu"))
    pictures = torch.from_numpy(SPECIMEN / 255).float()[None]
    masks = torch.zeros(pictures.shape, dtype=torch.int64)
    pictures, masks = record(pictures, masks, Recording(databar=(0.08, 0.14), jpeg=(0.02, 0.06)), draw)
    rows, truth = find_databar(pictures[0].numpy()), int((masks[0, :, 0] == IGNORED).nonzero()[0, 0])
    assert rows is not None
    assert abs(rows.start - truth) <= 1
    assert rows.stop == 200


def test_sixteen_bits_in_a_narrow_range_hide_no_databar() -> None:
    deep = with_databar(SPECIMEN).astype(np.uint16)
    deep[:200] = 1000 + 8 * deep[:200]
    deep[200:] *= 257
    assert find_databar(deep) == slice(200, 224)


def test_databar_is_found_in_colour_in_dask_and_beside_missing_values() -> None:
    picture = with_databar(SPECIMEN).astype(np.float32)
    assert find_databar(np.stack([picture] * 3, axis=-1)) == slice(200, 224)
    picture[20:30] = np.nan
    lazy = da.from_array(picture)  # type: ignore[no-untyped-call]
    assert find_databar(lazy) == slice(200, 224)


def test_lines_around_the_databar_belong_to_it() -> None:
    framed = with_databar(SPECIMEN)
    framed[198:200] = framed[-2:] = 255
    assert find_databar(framed) == slice(198, 224)


@pytest.mark.parametrize(
    "picture",
    [
        SPECIMEN,
        np.zeros((64, 64)),
        np.full((64, 64), np.nan),
        np.concatenate([SPECIMEN, np.zeros((24, 256), np.uint8)]),
        with_databar(SPECIMEN)[:, :40],
        np.where(np.arange(256) < 90, with_databar(SPECIMEN), 128),
    ],
    ids=["specimen", "black", "missing", "margin without text", "too narrow", "label in a corner"],
)
def test_what_is_no_databar_is_left(picture: Picture) -> None:
    assert find_databar(picture) is None


def test_wavy_edge_of_a_dark_layer_is_no_databar() -> None:
    y, x = np.mgrid[:200, :256]
    layered = np.where(y > 170 + 5 * np.sin(x / 20), 0, SPECIMEN)
    layered[180:186, 10:240:9] = 255
    assert find_databar(layered) is None


def test_micrograph_without_a_header_is_searched() -> None:
    assert databar_rows(Micrograph.from_array(with_databar(SPECIMEN))) == slice(200, 224)
    assert databar_rows(Micrograph.from_array(np.stack([SPECIMEN] * 2))) is None


@pytest.mark.parametrize("folder", ["superalloy", "ebc"])
def test_real_micrographs_without_databar_raise_no_alarm(shared_micrographs: Path, folder: str) -> None:
    for path in (shared_micrographs / folder / "val" / "images").iterdir():
        assert databar_rows(read_micrograph(path)) is None, path.name
