"""Tiles cover everything once: their weights add up to one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_csunet.config import PredictionConfig
from napari_csunet.inference.tiling import tiles


@st.composite
def configs(draw: st.DrawFn) -> PredictionConfig:
    tile = 32 * draw(st.integers(2, 20))
    return PredictionConfig(tile=tile, overlap=32 * draw(st.integers(0, tile // 64)))


@given(st.integers(1, 5000), configs())
def test_weights_add_up_to_one_everywhere(length: int, config: PredictionConfig) -> None:
    total = np.zeros(length, np.float32)
    for tile in tiles(length, config):
        total[tile.start : tile.stop] += tile.weights()
    np.testing.assert_allclose(total, 1, atol=1e-5)


@given(st.integers(1, 5000), configs())
def test_no_tile_is_larger_than_allowed_and_all_start_on_the_stride(length: int, config: PredictionConfig) -> None:
    found = tiles(length, config)
    assert all(tile.stop - tile.start <= config.tile for tile in found)
    assert all(tile.start % 32 == 0 for tile in found)
    assert (found[0].start, found[-1].stop) == (0, length)


@given(st.integers(1, 5000), configs())
def test_neighbours_overlap_at_least_as_far_as_asked(length: int, config: PredictionConfig) -> None:
    found = tiles(length, config)
    assert all(tile.after >= config.overlap for tile in found[:-1])
