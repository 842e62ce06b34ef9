"""Where labels help most: useful regions, familiar looks, and what is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from napari_csunet.classes import ClassTable
from napari_csunet.inference import pixel_classifier
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.suggesting import useful_regions
from napari_csunet.inference.suggesting.familiarity import familiar_with, familiar_with_groups, nearest
from napari_csunet.inference.suggesting.foreign import foreign_micrographs
from napari_csunet.inference.suggesting.painted_slice import SlicePlace, places_of
from napari_csunet.inference.suggesting.slice_cells import SliceCells, at_cells
from napari_csunet.inference.suggesting.slice_memory import SliceMemory
from napari_csunet.inference.suggesting.slice_regions import SliceRegions, regions_of
from napari_csunet.inference.suggesting.suggestion_answer import class_number
from napari_csunet.inference.suggesting.suggestion_reports import SuggestionReport, SuggestionRequest
from napari_csunet.inference.suggesting.suggestion_words import reason
from napari_csunet.inference.suggesting.suggestions import Suggestions
from napari_csunet.inference.suggesting.useful_regions import Candidates, most_useful
from napari_csunet.micrographs.micrograph import Micrograph

CLASSES = ClassTable.parse("1=dark,2=bright")
Pixels = npt.NDArray[np.float32]


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_classifier, "STEPS", 40)


@pytest.fixture(scope="module")
def halves() -> Pixels:
    """A noisy picture (96, 128), bright from column 64 on."""
    noise = np.random.default_rng(0).normal(0, 0.2, (96, 128))
    return (noise + (np.arange(128) >= 64)).astype(np.float32)


@pytest.fixture
def strokes() -> npt.NDArray[np.uint8]:
    labels = np.zeros((96, 128), np.uint8)
    labels[30:33, 5:30], labels[30:33, 90:120] = 1, 2
    return labels


def micrograph(pixels: Any, labels: Any, name: str = "alloy") -> LabelledMicrograph:
    return LabelledMicrograph(name, pixels, lambda: Micrograph.from_array(pixels, name), labels)


def cells(features: npt.NDArray[Any]) -> SliceCells:
    height, width = (8 * length for length in features.shape[1:])
    return SliceCells(torch.from_numpy(features).half(), 8, (height, width))


def suggest(*micrographs: LabelledMicrograph, engine: Suggestions | None = None, **more: Any) -> list[SuggestionReport]:
    return list((engine or Suggestions("cpu")).suggest(SuggestionRequest(micrographs, CLASSES, **more)))


def regions(height: int = 8, width: int = 16) -> SliceRegions:
    return regions_of(cells(np.random.default_rng(0).normal(size=(3, height, width))))


def chosen_of(
    some: SliceRegions, count: int, weights: Any = 1.0, is_open: Any = True, painted: Any = False
) -> list[int]:
    """Numbers of the regions."""
    full = np.ones(len(some.corners))
    one = Candidates(some, weights * full, (is_open * full) > 0, (painted * full) > 0)
    return [each.number for each in most_useful([one], count)]


def two_halves() -> tuple[SliceRegions, npt.NDArray[np.bool_]]:
    """Left of column 20 every cell is the same, right of column 22 nearly so; and which regions lie only left."""
    features = np.zeros((2, 4, 40)) + np.random.default_rng(1).normal(0, 0.01, size=(2, 4, 40))
    features[:, :, 22:] += 5
    some = regions_of(cells(features))
    return some, some.corners[:, 1] + some.width <= 20


def test_a_region_is_as_bright_as_its_cells_and_lies_inside_the_micrograph() -> None:
    some = regions_of(SliceCells(torch.arange(40.0).view(1, 5, 8).half(), 8, (37, 61)))
    assert some.means(np.arange(40.0).reshape(5, 8))[0] == pytest.approx(np.mean([[0, 1, 2, 3]]) + 12)
    last = some.place(len(some.corners) - 1, 2)
    assert (last.slice_index, last.bottom, last.right) == (2, 37, 61)


def test_no_chosen_region_touches_another_and_painted_ones_are_passed_over() -> None:
    some = regions()
    is_open = np.arange(len(some.corners)) % 5 > 0
    chosen = chosen_of(some, 20, is_open=is_open)
    gaps = np.abs(some.corners[chosen][:, None] - some.corners[chosen][None]).max(axis=-1)
    assert len(chosen) > 1
    assert is_open[chosen].all()
    assert (gaps[~np.eye(len(chosen), dtype=bool)] > some.height).all()
    assert chosen_of(some, 10, is_open=False) == []


def test_what_is_common_is_chosen_first_and_something_else_next() -> None:
    features = np.zeros((1, 4, 60))
    features[:, :, 44:] = 5
    some = regions_of(cells(features + np.random.default_rng(1).normal(0, 0.01, size=features.shape)))
    first, second = some.corners[chosen_of(some, 2), 1]
    assert (first + some.width <= 44, second >= 44) == (True, True)


def test_what_looks_like_something_painted_is_left_for_later() -> None:
    some, is_left = two_halves()
    painted = is_left & (some.corners[:, 1] < 4)
    assert not is_left[chosen_of(some, 1, is_open=~painted, painted=painted)[0]]
    assert is_left[chosen_of(some, 1, is_open=is_left)[0]]


def test_what_weighs_more_is_chosen_first() -> None:
    some, is_left = two_halves()
    for wanted in (is_left, ~is_left):
        assert wanted[chosen_of(some, 1, weights=np.where(wanted, 10, 1))[0]]


def test_of_many_regions_some_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(useful_regions, "MOST_REGIONS", 10)
    some = regions(4, 40)
    assert len(some.corners) == 19
    assert {one % 2 for one in chosen_of(some, 10)} == {0}


def test_regions_of_two_classes_count_twice_and_a_trace_of_one_counts_less() -> None:
    assert class_number(np.array([[1, 0.5, 0.95], [0, 0.5, 0.05]])) == pytest.approx([1, 2, 1.64], abs=0.01)


def test_what_is_far_from_everything_known_is_unlike_it() -> None:
    known = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    for familiar in (familiar_with(known[:50], [known], 0.95), familiar_with_groups([known[:100], known[100:]], 0.95)):
        assert familiar.share_unlike(known) < 0.06
        assert familiar.share_unlike(known + 8) == 1


def test_the_nearest_neighbour_of_a_known_look_is_itself() -> None:
    looks = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    assert nearest(looks, looks) == pytest.approx(np.zeros(9), abs=2e-3)


def test_cells_take_the_middle_of_their_pixels() -> None:
    maps = np.arange(20 * 16, dtype=np.float32).reshape(1, 20, 16)
    picked = at_cells(maps, cells(np.zeros((1, 3, 2))))
    assert picked.shape == (1, 3, 2)
    assert (picked[0, 0, 0], picked[0, 2, 1]) == (maps[0, 4, 4], maps[0, 19, 12])


def test_painted_slices_are_looked_at_first_and_large_stacks_in_part() -> None:
    stack = np.full((50, 4, 4), -1, np.int16)
    stack[33, 0, 0] = 0
    places = list(places_of([np.full((4, 4), -1, np.int16), stack]))
    assert places[0] == SlicePlace(1, 33, True)
    assert len(places) == 1 + 1 + 8
    assert {one.slice_index for one in places if one.micrograph == 1} >= {0, 33, 49}


def test_regions_are_suggested_and_the_border_between_two_classes_is_unsure(
    halves: Pixels, strokes: npt.NDArray[np.uint8]
) -> None:
    report = suggest(micrograph(halves, strokes))[-1]
    first = report.suggestions[0]
    assert (report.is_final, first.name) == (True, "alloy")
    assert first.reason.endswith("dark or bright?") or first.reason.endswith("bright or dark?")
    unsure = report.maps[0].cells
    assert unsure[:, 6:10].mean() > 1.5 * unsure[:, [2, 3, 12, 13]].mean()


def test_without_labels_different_regions_are_suggested(halves: Pixels) -> None:
    report = suggest(micrograph(halves, np.zeros((96, 128), np.uint8)), count=2)[-1]
    assert [one.place.left < 64 for one in report.suggestions] in ([True, False], [False, True])
    assert report.foreign == ()


def test_what_was_seen_is_not_looked_at_again_until_it_is_painted(
    halves: Pixels, strokes: npt.NDArray[np.uint8]
) -> None:
    engine, blank = Suggestions("cpu"), np.zeros((96, 128), np.uint8)
    kinds = [
        [one.kind for one in suggest(micrograph(halves, x), engine=engine)] for x in (blank, blank, strokes, strokes)
    ]
    assert [("looking" in one) for one in kinds] == [True, False, True, False]


def test_another_kind_of_micrograph_is_foreign(halves: Pixels, strokes: npt.NDArray[np.uint8]) -> None:
    stripes = np.sin(np.arange(128) * 1.5).astype(np.float32) * np.ones((96, 1), np.float32)
    asked = (micrograph(halves, strokes), micrograph(stripes, np.zeros((96, 128), np.uint8), "stripes"))
    report = suggest(*asked)[-1]
    assert [one.name for one in report.foreign] == ["stripes"]
    assert report.foreign[0].warning.startswith("stripes looks different from every labelled micrograph")
    found = list(foreign_micrographs(asked[:1], asked[1:], SliceMemory("cpu")))
    assert [one.name for one in found if one is not None] == ["stripes"]


def test_open_micrographs_are_answered_before_the_others_are_looked_at(
    halves: Pixels, strokes: npt.NDArray[np.uint8]
) -> None:
    asked = micrograph(halves, strokes), micrograph(halves.copy(), None, "closed")
    reports = suggest(*asked, open_count=1)
    answers = [i for i, one in enumerate(reports) if one.kind == "suggestions"]
    looked = [i for i, one in enumerate(reports) if one.kind == "looking" and one.name == "closed"]
    assert answers[0] < looked[0] < answers[1]
    assert [reports[i].is_final for i in answers] == [False, True]
    assert {one.name for one in reports[-1].suggestions} == {"alloy", "closed"}


def test_reasons_name_the_classes_in_doubt_and_what_is_new() -> None:
    doubt = np.array([0.2, 0.1], np.float32)
    assert reason(doubt, CLASSES, is_unlike=False, is_new=False) == "Unsure: dark or bright?"
    assert reason(doubt, CLASSES, is_unlike=True, is_new=True) == "Unlike all labelled: dark or bright?"
    assert reason(None, CLASSES, is_unlike=False, is_new=True) == "Few labels like it."


def test_an_array_that_got_the_id_of_one_that_is_gone_keeps_its_own_shape() -> None:
    engine, wanted = Suggestions("cpu"), [(96, 128), (5, 64, 64), (32, 32)]
    assert [engine._indices(micrograph(np.zeros(one), None), CLASSES).shape for one in wanted] == wanted
    engine._forget_all_but(set())
    assert not engine._shapes


def test_a_network_that_cannot_be_read_leaves_the_answer_from_the_strokes_and_is_told(
    halves: Pixels, strokes: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    first, last = suggest(micrograph(halves, strokes), checkpoint=tmp_path / "gone.safetensors")[-2:]
    assert first.suggestions
    assert (first.is_final, first.message, last.suggestions) == (False, "", first.suggestions)
    assert last.is_final
    assert last.message.startswith("There is no checkpoint at")
