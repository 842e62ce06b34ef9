"""Each new structure is what its parameters say."""

import math
from dataclasses import replace

import torch

from napari_csunet.training.synthesis import barrier as coats
from napari_csunet.training.synthesis.bicontinuous import Bicontinuous, bicontinuous
from napari_csunet.training.synthesis.cells import Lattice
from napari_csunet.training.synthesis.defects import Defects, defects
from napari_csunet.training.synthesis.dendrites import Dendrites, dendrites
from napari_csunet.training.synthesis.dice import Dice
from napari_csunet.training.synthesis.eutectic import PRIMARY, Eutectic, eutectic
from napari_csunet.training.synthesis.fields import Draw, LogRange
from napari_csunet.training.synthesis.needles import Needles, needles
from napari_csunet.training.synthesis.pearlite import PEARLITE, Pearlite, pearlite
from napari_csunet.training.synthesis.powder import Powder, powder
from napari_csunet.training.synthesis.superalloy import SECONDARY, Superalloy, superalloy
from napari_csunet.training.synthesis.twins import TWIN, Twins, twins

SIZE = (96, 96)


def test_a_wide_range_has_as_much_of_every_decade(draw: Draw) -> None:
    numbers = draw.between(LogRange(1.0, 100.0), 2000)
    assert numbers.min() >= 1
    assert numbers.max() <= 100
    assert 0.45 < (numbers < 10).float().mean() < 0.55


def test_a_wave_field_has_its_wavelength(draw: Draw) -> None:
    field = draw.wave_field((128, 128), torch.full((3, 1, 1), 16.0), torch.full((3, 1, 1), 0.1), 1.0, 0.0)
    crossings = (field[:, :, 1:] * field[:, :, :-1] < 0).float().mean()  # Rice: √(mean f²) · 2, and f² halves in a cut
    assert abs(float(crossings) - 2 / 16 / math.sqrt(2)) < 0.01


def test_a_field_longer_than_the_picture_is_still_a_field(draw: Draw) -> None:
    field = draw.field((32, 40), 500.0)
    torch.testing.assert_close(field.square().mean((1, 2)), torch.ones(3))


def test_a_smooth_field_has_the_size_asked_for(draw: Draw) -> None:
    assert draw.smooth_field((50, 67), 20.0, 8).shape == (3, 50, 67)


def test_the_nearest_sites_are_those_of_a_search_through_all(draw: Draw) -> None:
    lattice = Lattice.draw(draw, (24, 24), (8.0, 8.0), jitter=0.2)
    first, second, _ = lattice.nearest_two(lambda down, along, site: (down**2 + along**2).sqrt())
    cells = torch.stack(torch.meshgrid(*(2 * [torch.arange(lattice.side)]), indexing="ij")).flatten(1)
    sites = lattice.offsets + cells
    pixels = torch.stack([lattice.down, lattice.along], -1).flatten(1, 2)
    nearest = torch.cdist(pixels, sites.transpose(1, 2)).sort(2).values
    torch.testing.assert_close(first.flatten(1), nearest[..., 0], atol=1e-3, rtol=0)
    torch.testing.assert_close(second.flatten(1), nearest[..., 1], atol=1e-3, rtol=0)


def test_a_choice_keeps_to_its_limits() -> None:
    dice = Dice(torch.Generator().manual_seed(0))
    assert all(2 <= dice.within(LogRange(2.0, 9.0)) <= 9 for _ in range(20))
    assert {dice.among("abc") for _ in range(60)} == set("abc")
    assert dice.sometimes(0.0, (1.0, 2.0)) is None


def test_layers_of_a_barrier_coating_lie_in_order(draw: Draw) -> None:
    parameters = coats.Barrier(oxide=(20.0, 20.0), place=(0.5, 0.5), tilt=(0.0, 0.0), waviness=(0.0, 0.0))
    parameters = replace(parameters, roughness=(0.0, 0.0), top_coat=(1.0, 1.0), without_top_coat=0.0)
    regions = coats.barrier(parameters, SIZE, draw).regions
    layers = torch.where(regions == coats.CRACK, coats.OXIDE, regions)
    assert (layers[:, 1:] >= layers[:, :-1]).all()
    assert ((layers == coats.OXIDE).sum(1) - 20).abs().max() <= 1
    assert ((layers == coats.TOP_COAT).sum(1) - 20).abs().max() <= 1
    assert (regions == coats.CRACK).any()


def test_powder_of_a_fixed_radius_covers_what_its_discs_cover(draw: Draw) -> None:
    discs = Powder((16.0, 16.0), jitter=0.0, radius=(0.4, 0.4), spread=(0.0, 0.0), share=(1.0, 1.0))
    discs = replace(discs, elongation=(0.0, 0.0), squareness=(0.0, 0.0))
    share = powder(discs, (128, 128), draw).regions.float().mean()
    assert abs(float(share) - math.pi * 0.4**2) < 0.03


def test_grains_without_twins_have_none_and_with_twins_many(draw: Draw) -> None:
    without, many = (
        (twins(Twins(twinned=(share, share)), SIZE, draw).regions == TWIN).float().mean() for share in (0.0, 1.0)
    )
    assert without == 0
    assert 0.05 < many < 0.5


def test_steel_without_ferrite_is_all_pearlite(draw: Draw) -> None:
    steel = Pearlite(ferrite_share=(0.0, 0.0), allotriomorph=(0.0, 0.0))
    assert (pearlite(steel, SIZE, draw).regions == PEARLITE).all()


def test_wider_channels_leave_less_for_the_cuboids(draw: Draw) -> None:
    shares = []
    for channel in (2.0, 12.0):
        aligned = Superalloy(aligned=True, channel=(channel, channel), lobes=(0.0, 0.0))
        shares.append(float((superalloy(aligned, SIZE, draw).regions == SECONDARY).float().mean()))
    assert shares[0] > shares[1] + 0.1


def test_phases_have_the_shares_asked_for(draw: Draw) -> None:
    spinodal = bicontinuous(Bicontinuous(share=(0.4, 0.4), bandwidth=(0.1, 0.1)), SIZE, draw).regions
    solid = dendrites(Dendrites(share=(0.6, 0.6)), SIZE, draw).regions
    rosettes = dendrites(Dendrites(share=(0.6, 0.6), rosette=(30.0, 30.0)), SIZE, draw).regions
    crystals = eutectic(Eutectic(primary_share=(0.3, 0.3)), SIZE, draw).regions == PRIMARY
    shares = torch.stack([part.float().mean((1, 2)) for part in (spinodal, solid, rosettes, crystals)])
    torch.testing.assert_close(shares, torch.tensor([[0.4], [0.6], [0.6], [0.3]]).expand(4, 3), atol=0.03, rtol=0)


def test_thicker_and_more_needles_cover_more(draw: Draw) -> None:
    few = Needles(width=(3.0, 3.0), share=(0.2, 0.2), crowding=(4.0, 4.0))
    many = replace(few, share=(1.0, 1.0), crowding=(1.3, 1.3))
    assert needles(few, SIZE, draw).regions.float().mean() < 0.2 < needles(many, SIZE, draw).regions.float().mean()


def test_a_sound_solid_has_no_defects(draw: Draw) -> None:
    sound = Defects(share=(0.0, 0.0), irregular_share=(0.0, 0.0), cracks=0, width=(0.0, 0.0))
    assert (defects(sound, SIZE, draw).regions == 0).float().mean() > 0.999
