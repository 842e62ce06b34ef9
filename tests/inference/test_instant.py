"""The instant answer: what is seen at a pixel, what is learnt from strokes, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from napari_csunet.classes import ClassTable
from napari_csunet.inference import pixel_classifier, pixel_features
from napari_csunet.inference.filter_responses import filter_responses
from napari_csunet.inference.instant import InstantAnswers
from napari_csunet.inference.instant_reports import InstantReport, InstantRequest, LabelledMicrograph
from napari_csunet.inference.pixel_classifier import train_classifier, with_class_shares
from napari_csunet.inference.pixel_features import PixelFeatures, SliceLook, feature_network, reduction_for
from napari_csunet.micrographs.micrograph import Micrograph

CLASSES = ClassTable.parse("1=dark,2=bright")


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_classifier, "STEPS", 60)


@pytest.fixture
def halves() -> npt.NDArray[np.float32]:
    """A noisy picture (70, 96), bright from column 48 on."""
    noise = np.random.default_rng(0).normal(0, 0.2, (70, 96))
    return (noise + (np.arange(96) >= 48)).astype(np.float32)


@pytest.fixture
def strokes() -> npt.NDArray[np.uint8]:
    labels = np.zeros((70, 96), np.uint8)
    labels[30:33, 5:30], labels[30:33, 60:90] = 1, 2
    return labels


def look_at(pixels: npt.NDArray[Any]) -> PixelFeatures:
    look = SliceLook(Micrograph.from_array(pixels), 0, feature_network("cpu"))
    while (features := look.step()) is None:
        pass
    return features


def labelled(pixels: npt.NDArray[Any], labels: npt.NDArray[Any], name: str = "alloy") -> LabelledMicrograph:
    return LabelledMicrograph(name, pixels, lambda: Micrograph.from_array(pixels, name), labels)


def ask(*micrographs: LabelledMicrograph, shown: int = 0, slice_index: int = 0) -> InstantRequest:
    return InstantRequest(micrographs, shown, slice_index, CLASSES)


def kinds(answers: InstantAnswers, request: InstantRequest) -> list[str]:
    return [report.kind for report in answers.answer(request)]


def last(answers: InstantAnswers, request: InstantRequest) -> InstantReport:
    return list(answers.answer(request))[-1]


def test_a_flat_picture_has_neither_slope_nor_curvature() -> None:
    maps = filter_responses(torch.full((32, 32), 3.0))
    assert [one.shape[1:] for one in maps] == [(32, 32), (16, 16), (8, 8), (4, 4)]
    for one in maps:
        torch.testing.assert_close(
            one.view(-1, 4, *one.shape[1:])[:, 1:],
            torch.zeros(1).expand(len(one) // 4, 3, *one.shape[1:]),
            atol=1e-4,
            rtol=0,
        )


def test_features_of_pixels_and_of_rows_are_the_same(halves: npt.NDArray[np.float32]) -> None:
    features = look_at(halves)
    rows, columns = torch.meshgrid(torch.arange(32, 70), torch.arange(96), indexing="ij")
    single = features.at(rows.flatten(), columns.flatten())
    torch.testing.assert_close(single.T.reshape(-1, 38, 96), features.of_rows(32, 70), atol=1e-3, rtol=0)


def test_tiles_leave_the_filters_as_they_are(monkeypatch: pytest.MonkeyPatch, halves: npt.NDArray[np.float32]) -> None:
    whole = look_at(halves)
    monkeypatch.setattr(pixel_features, "TILE", 32)
    tiled = look_at(halves)
    torch.testing.assert_close(tiled.maps[0][:, :70, :96], whole.maps[0][:, :70, :96], atol=5e-3, rtol=0)


def test_very_large_slices_are_looked_at_in_a_reduced_size() -> None:
    assert [reduction_for(size) for size in ((2048, 2048), (2048, 2049), (6144, 6144))] == [1, 2, 3]


def test_the_classifier_counts_a_rare_class_like_a_frequent_one() -> None:
    random = torch.Generator().manual_seed(0)
    x = torch.cat([torch.randn(800, 3, generator=random), torch.randn(40, 3, generator=random) + 6])
    y = torch.tensor([0] * 800 + [4] * 40)
    before = torch.random.get_rng_state()
    classifier = train_classifier(x, y)
    assert torch.equal(torch.random.get_rng_state(), before)
    maps = (torch.tensor([0.0] * 16 + [6.0] * 16).expand(3, 32, 32).half(),)
    assert (classifier.indices(PixelFeatures(maps, (32, 32), 1)) == [0] * 16 + [4] * 16).all()


def test_class_shares_settle_what_is_in_doubt() -> None:
    probability = torch.tensor([[0.9] * 98 + [0.48] * 2, [0.1] * 98 + [0.52] * 2]).view(2, 10, 10)
    weighted = with_class_shares(probability)
    assert (weighted.argmax(dim=0) == 0).all()
    torch.testing.assert_close(weighted.sum(dim=0), torch.ones(10, 10))


def test_two_strokes_lead_to_the_whole_mask(halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]) -> None:
    report = last(InstantAnswers("cpu"), ask(labelled(halves, strokes)))
    assert report.mask is not None
    assert (report.class_count, report.pixels, report.is_final) == (2, 165, True)
    assert (report.mask == 1 + (np.arange(96) >= 48)).mean() > 0.95


def test_one_class_is_no_question(halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]) -> None:
    assert kinds(InstantAnswers("cpu"), ask(labelled(halves, np.minimum(strokes, 1)))) == ["looking"]


def test_what_was_seen_is_not_looked_at_again(halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]) -> None:
    answers = InstantAnswers("cpu")
    assert "looking" in kinds(answers, ask(labelled(halves, strokes)))
    assert "looking" not in kinds(answers, ask(labelled(halves, strokes)))
    assert "looking" in kinds(answers, ask(labelled(halves.copy(), strokes)))


def test_a_look_that_was_stopped_goes_on_where_it_was_left(
    monkeypatch: pytest.MonkeyPatch, halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]
) -> None:
    monkeypatch.setattr(pixel_features, "TILE", 32)
    answers, request = InstantAnswers("cpu"), ask(labelled(halves, strokes))
    stopped = answers.answer(request)
    for _ in range(6):  # the sixth report comes before the sixth of nine tiles
        next(stopped)
    stopped.close()
    assert kinds(answers, request).count("looking") == 4


def test_strokes_on_one_micrograph_answer_for_another(
    halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]
) -> None:
    other = np.ascontiguousarray(halves[:, ::-1])
    request = ask(labelled(halves, strokes), labelled(other, np.zeros_like(strokes), "other"), shown=1)
    report = last(InstantAnswers("cpu"), request)
    assert report.name == "other"
    assert report.mask is not None
    assert (report.mask == 1 + (np.arange(96) < 48)).mean() > 0.95


def test_the_first_answer_does_not_wait_for_other_micrographs(
    halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]
) -> None:
    request = ask(labelled(halves, strokes), labelled(halves.copy(), strokes, "other"))
    reports = [one for one in InstantAnswers("cpu").answer(request) if one.kind == "answer"]
    assert [(one.pixels, one.is_final) for one in reports] == [(165, False), (330, True)]


def test_a_stack_is_answered_slice_by_slice(halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]) -> None:
    stack, labels = np.stack([halves, halves[:, ::-1]]), np.stack([strokes, np.zeros_like(strokes)])
    report = last(InstantAnswers("cpu"), ask(labelled(stack, labels), slice_index=1))
    assert report.mask is not None
    assert (report.mask == 1 + (np.arange(96) < 48)).mean() > 0.95


@pytest.mark.parametrize(
    "change", [lambda x: np.stack([x, x * 0.5, x], axis=-1), lambda x: (100 * x + 100).astype(np.uint16)]
)
def test_colour_and_whole_numbers_are_answered_too(
    halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8], change: Callable[[Any], Any]
) -> None:
    report = last(InstantAnswers("cpu"), ask(labelled(change(halves), strokes)))
    assert report.mask is not None
    assert (report.mask == 1 + (np.arange(96) >= 48)).mean() > 0.95


def test_a_reduced_look_gives_a_mask_of_full_size(
    monkeypatch: pytest.MonkeyPatch, halves: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8]
) -> None:
    monkeypatch.setattr(pixel_features, "LARGEST", 2000)
    report = last(InstantAnswers("cpu"), ask(labelled(halves[:69, :95], strokes[:69, :95])))
    assert report.mask is not None
    assert report.mask.shape == (69, 95)
    assert (report.mask == 1 + (np.arange(95) >= 48)).mean() > 0.9
