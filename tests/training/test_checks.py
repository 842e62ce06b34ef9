from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable, Micrograph, PixelSize
from napari_csunet.training.checks import LabelChecks
from napari_csunet.training.finding import Finding, Place
from napari_csunet.training.painted import Painted

Labels = npt.NDArray[np.uint8]
Check = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def check(classes: ClassTable) -> Check:
    """Findings on micrographs with their labels."""

    def run(*pairs: tuple[Micrograph, Labels], table: ClassTable = classes, **options: Any) -> tuple[Finding, ...]:
        painted = [Painted(one.name, one.pixels, partial(replace, one), labels) for one, labels in pairs]
        counts = [table.pixel_counts(labels) for _, labels in pairs]
        sums = {value: sum(one[value] for one in counts) for value in table.values}
        found = [one for one in LabelChecks().findings(painted, table, sums, **options) if one is not None]
        assert len(found) == 1
        return found[0]

    return run


@pytest.fixture
def painted(mask: Labels) -> Labels:
    """Strokes, broad enough to be judged."""
    strokes = np.zeros_like(mask)
    strokes[12:20], strokes[44:50] = mask[12:20], mask[44:50]
    return strokes


def test_good_strokes_are_not_commented(check: Check, micrograph: Micrograph, painted: Labels) -> None:
    assert check((micrograph, painted)) == ()


def test_a_class_without_labels_is_named(check: Check, micrograph: Micrograph, painted: Labels) -> None:
    table = ClassTable.from_names({1: "matrix", 2: "particle", 5: "pore"})
    (found,) = check((micrograph, painted), table=table)
    assert (found.sentence[:18], found.value) == ("pore has no labels", 5)


def test_while_one_class_is_painted_the_others_are_not_missed(check: Check, micrograph: Micrograph) -> None:
    assert check((micrograph, np.ones(micrograph.size, np.uint8))) == ()


def test_a_class_with_few_pixels_is_shown_where_it_is(check: Check, micrograph: Micrograph, painted: Labels) -> None:
    few = np.where(painted == 2, 0, painted)
    few[20:24, 64:70] = 2
    (found,) = check((micrograph, few))
    assert "particle has only 24 labelled pixels" in found.sentence
    assert found.place == Place(0, 20, 64, 24, 70)


def test_a_slip_of_the_brush_is_found(check: Check, micrograph: Micrograph, painted: Labels) -> None:
    slip = painted.copy()
    slip[:, :30] = slip[:, 54:72] = slip[40:, :54] = 0
    slip[13:19, 36:46] = 2  # on the matrix, between the particles
    (found,) = check((micrograph, slip))
    assert "side by side on pixels that look alike" in found.sentence
    assert found.place is not None
    assert found.place.left <= 36 < 46 <= found.place.right


@pytest.mark.parametrize(("excluded", "fate"), [(True, "do not train"), (False, "train, too")])
def test_a_labelled_databar_is_told(check: Check, databar: Micrograph, excluded: bool, fate: str) -> None:
    labels = np.zeros(databar.size, np.uint8)
    labels[20:40, 20:60], labels[20:40, 70:110], labels[120:126, 10:60] = 1, 2, 1
    found = [one for one in check((databar, labels), exclude_databar=excluded) if "databar" in one.sentence]
    assert [one.place for one in found] == [Place(0, 120, 10, 126, 60)]
    assert fate in found[0].sentence


def test_labels_where_there_is_no_picture_are_told(check: Check, micrograph: Micrograph, painted: Labels) -> None:
    pixels = micrograph.pixels.astype(np.float32)
    pixels[:, :, 90:] = np.nan
    (found,) = check((replace(micrograph, pixels=pixels), painted))
    assert found.sentence == "Labels of particles lie where there is no picture."
    assert found.place == Place(0, 12, 90, 50, 96)


def test_other_pixel_sizes_and_contrasts_are_told(check: Check, micrograph: Micrograph, painted: Labels) -> None:
    coarse = replace(micrograph, name="coarse", pixel_size=PixelSize(50, 50))
    pale = replace(micrograph, name="pale", pixels=micrograph.pixels // 10 + 20_000)
    size, contrast = check((micrograph, painted), (coarse, painted), (pale, painted))
    assert "coarse has 4 times larger pixels (50 nm/px) than particles" in size.sentence
    assert (contrast.sentence[:34], contrast.micrograph) == ("pale has 10 times less contrast th", "pale")


def test_inverted_contrast_is_told(check: Check, micrograph: Micrograph, painted: Labels) -> None:
    inverted = replace(micrograph, name="inverted", pixels=65_535 - micrograph.pixels)
    (found,) = check((micrograph, painted), (inverted, painted))
    assert "Is the contrast inverted" in found.sentence


def test_a_micrograph_on_which_nothing_was_painted_since_is_not_read_again(
    micrograph: Micrograph, painted: Labels, classes: ClassTable
) -> None:
    read: list[str] = []

    def reading() -> Micrograph:
        read.append(micrograph.name)
        return micrograph

    checks, one = LabelChecks(), Painted(micrograph.name, micrograph.pixels, reading, painted)
    for _ in range(2):
        assert list(checks.findings([one], classes, classes.pixel_counts(painted))) == [None, ()]
    assert read == ["particles"]


@pytest.fixture
def databar() -> Micrograph:
    """Noise (128, 160) above a black bar with white text."""
    pixels = np.random.default_rng(0).normal(120, 25, (128, 160)).clip(40, 220)
    pixels[112:] = 0
    pixels[116:122, 8:150:6] = 255
    pixels[116:122, 10:150:6] = 255
    return Micrograph.from_array(pixels.astype(np.uint8), "with bar")
