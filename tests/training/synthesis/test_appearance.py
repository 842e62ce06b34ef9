"""Brightness of the classes and what preparation and the microscope do to them."""

from dataclasses import replace

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import Draw
from napari_csunet.training.synthesis.levels import RandomLevels, steps
from napari_csunet.training.synthesis.preparation import curtains, spots
from napari_csunet.training.synthesis.rendering import Rendering, render
from napari_csunet.training.synthesis.scene import Scene

PLAIN = Rendering(
    levels=((0.5, 0.5),),
    drift=(0.0, 0.0),
    shot_noise=(0.0, 0.0),
    detector_noise=(0.0, 0.0),
    line_noise=(0.0, 0.0),
    line_jitter=(0.0, 0.0),
    charging=None,
    scratches=None,
    contrast=(1.0, 1.0),
    brightness=(0.0, 0.0),
)


def rendered(draw: Draw, regions: Tensor, rendering: Rendering) -> Tensor:
    flat = torch.zeros(regions.shape)
    return render(Scene(regions, flat, flat), rendering, draw)


def test_classes_that_are_alike_stay_within_their_difference() -> None:
    draw = Draw.of_a_batch(torch.Generator().manual_seed(0), 200, torch.device("cpu"))
    levels = RandomLevels(3 * ((0.0, 1.0),), alike=((0, 1),), difference=(-0.02, 0.02)).draw(draw)
    assert 0.6 < ((levels[:, 0] - levels[:, 1]).abs() <= 0.02).float().mean() < 0.95


def test_any_class_can_be_the_darkest() -> None:
    draw = Draw.of_a_batch(torch.Generator().manual_seed(0), 200, torch.device("cpu"))
    levels = RandomLevels(3 * ((0.0, 1.0),), as_usual=0.0).draw(draw)
    assert torch.bincount(levels.argmin(1), minlength=3).min() > 40
    assert ((levels > 0) & (levels < 1)).all()
    assert steps(levels).min() > 0.01


def test_a_plain_rendering_of_one_class_is_one_grey(draw: Draw) -> None:
    picture = rendered(draw, torch.zeros(3, 32, 32, dtype=torch.long), PLAIN)
    torch.testing.assert_close(picture, torch.full_like(picture, 0.5))


def test_a_low_contrast_is_pictured_with_less_noise(draw: Draw) -> None:
    regions = torch.zeros(3, 32, 32, dtype=torch.long)
    noisy = replace(PLAIN, levels=((0.5, 0.5), (0.51, 0.51)), shot_noise=(0.1, 0.1))
    loud, quiet = (rendered(draw, regions, replace(noisy, quiet=least)).std() for least in (None, 0.2))
    assert 0.15 < quiet / loud < 0.25


def test_astigmatism_blurs_more_along_one_direction(draw: Draw) -> None:
    point = torch.zeros(3, 33, 33, dtype=torch.long)
    point[:, 16, 16] = 1
    astigmatic = replace(PLAIN, levels=((0.0, 0.0), (1.0, 1.0)), defocus=(1.0, 1.0), astigmatism=(1.0, 1.0))
    spot = rendered(draw, point, astigmatic)
    down, along = torch.meshgrid(*(2 * [torch.arange(33) - 16.0]), indexing="ij")
    moments = torch.stack([(spot * a * b).sum((1, 2)) for a in (down, along) for b in (down, along)], 1)
    lengths = torch.linalg.eigvalsh(moments.view(3, 2, 2) / spot.sum((1, 2))[:, None, None]).sqrt()
    torch.testing.assert_close(lengths, torch.tensor([[1.0, 2.0]]).expand(3, 2), atol=0.1, rtol=0)


def test_vignetting_darkens_the_edges(draw: Draw) -> None:
    picture = rendered(draw, torch.zeros(3, 64, 64, dtype=torch.long), replace(PLAIN, vignetting=(0.4, 0.4)))
    corners = picture[:, ::63, ::63].mean()
    assert corners < picture[:, 28:36, 28:36].mean() - 0.1


def test_hollows_are_dark_whatever_their_class(draw: Draw) -> None:
    flat = torch.zeros(3, 32, 32)
    hollow = flat.clone()
    hollow[:, 8:24, 8:24] = 1
    dark = replace(PLAIN, void=(0.1, 0.1))
    picture = render(Scene(flat.long(), flat, flat, hollow), dark, draw)
    torch.testing.assert_close(picture[:, 16, 16], torch.full((3,), 0.1), atol=0.01, rtol=0)


def test_curtains_run_straight_down(draw: Draw) -> None:
    streaks = curtains((40, 64), draw)
    turns = torch.corrcoef(torch.stack([streaks[0, 10], streaks[0, 39]]))[0, 1]
    assert turns > 0.999


def test_spots_cover_about_their_share(draw: Draw) -> None:
    share = (spots((128, 128), draw, (3.0, 3.0), (0.05, 0.05)) > 0).float().mean((1, 2))
    assert ((share > 0.04) & (share < 0.06)).all()
