"""Synthetic micrographs: what they promise to whoever trains on them, and the sample files made from them."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from torch import Tensor

from napari_csunet.errors import CSUNetError, MicrographError, OutputError
from napari_csunet.samples import SAMPLES, sample_files, sample_folder
from napari_csunet.training.synthesis import FAMILIES, synthesise
from napari_csunet.training.synthesis import __main__ as command
from napari_csunet.training.synthesis.fields import Draw
from napari_csunet.training.synthesis.sample_files import SAMPLE_SETS, SampleSet, write_sample_file
from napari_csunet.training.synthesis.sample_files import sample_files as make_sample_files
from napari_csunet.training.synthesis.stamps import Stamps
from napari_csunet.training.synthesis.strokes import paint_strokes

pytestmark = pytest.mark.usefixtures("one_thread")
every_family = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine make small pictures many times slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make(family: str, count: int = 2, size: int | tuple[int, int] = 96, seed: int = 0) -> tuple[Tensor, Tensor]:
    return synthesise(family, count, size, torch.Generator().manual_seed(seed))


@every_family
def test_a_batch_has_the_promised_shapes_types_and_limits(family: str) -> None:
    images, masks = make(family, size=(64, 80))
    assert images.shape == (2, 1, 64, 80)
    assert masks.shape == (2, 64, 80)
    assert (images.dtype, masks.dtype) == (torch.float32, torch.int64)
    assert images.isfinite().all()
    assert 0 <= images.min() < images.max() <= 1


@every_family
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture(family: str) -> None:
    (images, masks), (again, masks_again), (others, _) = make(family), make(family), make(family, seed=1)
    assert images.numpy().tobytes() == again.numpy().tobytes()
    assert torch.equal(masks, masks_again)
    assert not torch.equal(images, others)


@every_family
def test_a_picture_does_not_depend_on_the_rest_of_its_batch(family: str) -> None:
    images, masks = make(family, count=3)
    generator = torch.Generator().manual_seed(0)
    for image, mask in zip(images, masks, strict=True):
        alone, mask_alone = synthesise(family, 1, 96, generator)
        assert ((alone[0] - image).abs() < 1e-4).float().mean() > 0.99  # all but where rounding moved an edge
        assert (mask_alone[0] == mask).float().mean() > 0.999


@every_family
def test_each_class_covers_a_sensible_share(family: str) -> None:
    _, masks = make(family, count=8, size=128)
    shares = torch.bincount(masks.flatten(), minlength=len(FAMILIES[family].class_names)) / masks.numel()
    assert len(shares) == len(FAMILIES[family].class_names)
    assert shares.min() > 0.004
    assert shares.max() < 0.95


@every_family
def test_the_classes_can_be_told_apart_in_the_picture(family: str) -> None:
    images, masks = make(family, count=4, size=128, seed=2)
    for image, mask in zip(images[:, 0], masks, strict=True):
        means = torch.stack([image[mask == value].mean() for value in mask.unique()])
        standard_error = image.std() / math.sqrt(mask.unique(return_counts=True)[1].min())
        assert means.max() - means.min() > 3 * standard_error


def test_superalloy_shares_are_those_of_the_parameters() -> None:
    _, masks = make("superalloy", count=4, size=192)
    secondary, tertiary = ((masks == value).float().mean((1, 2)) for value in (1, 2))
    assert ((secondary > 0.36) & (secondary < 0.7)).all()
    assert ((tertiary > 0.002) & (tertiary < 0.05)).all()


def test_an_unknown_family_is_named_with_the_known_ones() -> None:
    with pytest.raises(CSUNetError, match=r"'wood'.*superalloy, particles"):
        make("wood")


@pytest.mark.parametrize("length", [1.0, 6.0])
def test_a_random_field_is_normalised_and_smooth_over_its_length(length: float) -> None:
    draw = Draw.from_generator(torch.Generator().manual_seed(0), 2, torch.device("cpu"))
    field = draw.field((64, 64), length)
    neighbours = (field * field.roll(1, -1)).mean((1, 2))
    torch.testing.assert_close(field.square().mean((1, 2)), torch.ones(2))
    torch.testing.assert_close(neighbours, torch.full((2,), math.exp(-1 / (4 * length**2))), atol=0.06, rtol=0)


def test_stamps_keep_the_highest_and_say_whose_it_is() -> None:
    centres = torch.tensor([[[2.0, 2.0], [2.0, 4.0], [-1.0, 0.0]]])
    stamps = Stamps.around(centres, 1, (6, 7))
    values = torch.tensor([1.0, 2.0, 3.0])[None, :, None, None].expand_as(stamps.down)
    top, owner = stamps.highest(values, empty=0.0)
    assert owner[0, 2].tolist() == [-1, 0, 0, 1, 1, 1, -1]
    assert top[0, 0].tolist() == [3.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_strokes_lie_on_their_class_and_cover_about_the_share() -> None:
    mask = (make("particles", count=1, size=160)[1][0] + 1).to(torch.uint8).numpy()
    strokes = paint_strokes(mask, 0.03, np.random.default_rng(0))
    painted = strokes > 0
    assert (strokes[painted] == mask[painted]).all()
    assert set(np.unique(strokes)) == {0, 1, 2}
    assert 0.02 < painted.mean() < 0.06


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_complete_and_readable(name: str) -> None:
    files = sample_files(name)
    assert len(files) == 4
    assert [strokes is not None for _, _, strokes in files] == [True, True, False, False]
    for image, mask, _ in files:
        assert tifffile.imread(image).shape == tifffile.imread(mask).shape == (512, 512)
        assert set(np.unique(tifffile.imread(mask))) == set(range(1, 1 + len(FAMILIES[name].class_names)))


@pytest.mark.parametrize("sample_set", SAMPLE_SETS, ids=lambda s: s.name)
def test_the_first_micrograph_is_made_again_as_shipped(sample_set: SampleSet, tmp_path: Path) -> None:
    for file in islice(make_sample_files(sample_set), 3):
        written = write_sample_file(file, tmp_path)
        shipped = sample_folder(sample_set.name).parent / file.path
        difference = np.abs(tifffile.imread(written).astype(int) - tifffile.imread(shipped).astype(int))
        assert (difference <= int("images" in file.path)).mean() >= 0.999
        assert pixel_size_nm(written) == pixel_size_nm(shipped) == sample_set.pixel_size_nm


def pixel_size_nm(path: Path) -> float:
    with tifffile.TiffFile(path) as tiff:
        assert (tiff.imagej_metadata or {})["unit"] == "nm"
        numerator, denominator = tiff.pages.first.tags["XResolution"].value
        return float(denominator / numerator)


def test_writing_the_same_sample_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    file = next(make_sample_files(SAMPLE_SETS[1]))
    first, second = (write_sample_file(file, tmp_path / folder).read_bytes() for folder in ("a", "b"))
    assert first == second


def test_a_sample_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "particles").write_text("in the way")
    with pytest.raises(OutputError, match=r"Cannot write .*particles_1\.tif"):
        write_sample_file(next(make_sample_files(SAMPLE_SETS[1])), tmp_path)


def test_an_unknown_sample_is_named_with_the_known_ones() -> None:
    with pytest.raises(MicrographError, match=r"'wood'.*superalloy, particles"):
        sample_folder("wood")


def test_the_command_writes_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SAMPLE_SETS", [replace(SAMPLE_SETS[1], size=64, count=2, with_strokes=1)])
    command.main([str(tmp_path)])
    files = {path.relative_to(tmp_path).parent.as_posix() for path in tmp_path.rglob("*_1.tif")}
    assert files == {"particles/images", "particles/masks", "particles/strokes"}
    assert not (tmp_path / "particles/strokes/particles_2.tif").exists()
