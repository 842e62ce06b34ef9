"""From the microscope to the file: compression, negatives and the databar."""

import torch

from napari_csunet.training.synthesis.fields import Draw
from napari_csunet.training.synthesis.recording import IGNORED, Recording, compressed, record


def test_nothing_is_changed_unless_asked_for(draw: Draw) -> None:
    pictures, masks = draw.uniform(16, 16), torch.zeros(3, 16, 16, dtype=torch.long)
    recorded, kept = record(pictures, masks, Recording(), draw)
    assert torch.equal(recorded, pictures)
    assert torch.equal(kept, masks)


def test_the_finest_compression_restores_the_picture_and_its_size(draw: Draw) -> None:
    pictures = draw.uniform(21, 30)
    torch.testing.assert_close(compressed(pictures, torch.full((3, 1, 1), 1e-6)), pictures, atol=1e-4, rtol=0)


def test_the_coarsest_compression_leaves_blocks_of_one_grey(draw: Draw) -> None:
    blocks = compressed(draw.uniform(16, 16), torch.full((3, 1, 1), 2.0)).unfold(1, 8, 8).unfold(2, 8, 8)
    torch.testing.assert_close(blocks.amax((-2, -1)), blocks.amin((-2, -1)))


def test_fine_detail_is_lost_before_coarse_detail() -> None:
    column = torch.arange(16)
    waves = torch.stack([0.5 + 0.05 * torch.cos(torch.pi * (column + 0.5) * k / 8) for k in (1, 7)])
    pictures = waves[:, None, :].expand(2, 16, 16)
    left = compressed(pictures, torch.full((2, 1, 1), 0.2)).std((1, 2))
    assert left[0] > 0.025
    assert left[1] < 1e-4


def test_a_databar_is_black_and_white_and_ignored(draw: Draw) -> None:
    masks = torch.ones(3, 60, 80, dtype=torch.long)
    pictures, masks = record(torch.full((3, 60, 80), 0.5), masks, Recording(databar=(0.1, 0.2)), draw)
    bar = masks == IGNORED
    assert (bar == bar[:, :, :1]).all()
    assert ((bar[:, :, 0].sum(1) >= 6) & (bar[:, :, 0].sum(1) <= 12)).all()
    assert set(pictures[bar].tolist()) == {0.0, 1.0}
    assert (pictures[~bar] == 0.5).all()


def test_a_negative_swaps_black_and_white(draw: Draw) -> None:
    pictures = draw.uniform(8, 8)
    negative, _ = record(pictures, torch.zeros(3, 8, 8), Recording(inverted=1.0), draw)
    torch.testing.assert_close(negative, 1 - pictures)


def test_stretched_pictures_use_all_greys(draw: Draw) -> None:
    pictures, _ = record(0.4 + 0.2 * draw.uniform(64, 64), torch.zeros(3, 64, 64), Recording(stretch=1.0), draw)
    assert (pictures.amin((1, 2)) == 0).all()
    assert (pictures.amax((1, 2)) == 1).all()
