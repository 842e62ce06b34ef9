"""Whether one more labelled micrograph helps: the curve, what it is made of, and its words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.inference import pixel_classifier
from napari_csunet.inference.error_map import error_map
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.label_curve import label_curve, training_sets
from napari_csunet.inference.label_curve_reports import CurvePoint, LabelCurve
from napari_csunet.micrographs.micrograph import Micrograph

CLASSES = ClassTable.parse("1=matrix,2=phase")


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_classifier, "STEPS", 40)


def micrograph(look: int) -> LabelledMicrograph:
    """64 × 64, one stroke a class; the second class is bright, striped or dark."""
    random = np.random.default_rng(look)
    pixels = random.normal(0, 0.05, (64, 64)).astype(np.float32)
    labels = np.zeros((64, 64), np.uint8)
    pixels[:, 32:] += (1.0, np.arange(64)[:, None] % 2 * 2.0, -1.0)[look]
    labels[28:32, 4:28], labels[28:32, 38:60] = 1, 2
    name = f"spot {look}"
    return LabelledMicrograph(name, pixels, lambda: Micrograph.from_array(pixels, name), labels)


def curve(*some: LabelledMicrograph) -> LabelCurve:
    *_, last = label_curve(some, CLASSES, "cpu")
    assert last.curve is not None
    assert last.progress.share == 1
    return last.curve


def test_it_rises_where_micrographs_show_different_things() -> None:
    """Each look of the second class occurs twice; who has seen one look does not know the other."""
    found = curve(*(micrograph(look) for look in (0, 2, 0, 2)))
    ious = [point.mean_iou for point in found.points]
    assert [point.micrographs for point in found.points] == [1, 2, 3]
    assert ious[-1] - ious[0] > 0.15


def test_it_is_level_where_micrographs_are_alike() -> None:
    found = curve(*(micrograph(0) for _ in range(2)))
    assert min(point.mean_iou for point in found.points) > 0.95


def test_every_micrograph_is_learnt_from_equally_often() -> None:
    for sets in training_sets(5):
        times = np.zeros(5)
        for chosen, count in sets.items():
            times[list(chosen)] += count
        assert set(times) == {times[0]}


def test_two_labelled_micrographs_are_needed() -> None:
    empty = LabelledMicrograph("empty", None, lambda: pytest.fail("was read"), np.zeros((8, 8), np.uint8))
    with pytest.raises(LabelError, match="Label a second one"):
        next(label_curve([micrograph(0), empty], CLASSES, "cpu"))


@pytest.mark.parametrize(
    ("ious", "told"),
    [
        ((0.6,), "A third one would show"),
        ((0.5, 0.61, 0.70), "With 3 instead of 2 micrographs it rose from 0.61 to 0.70: one more will probably help."),
        ((0.61, 0.62), "It has levelled off (from 0.61 to 0.62 with 2 instead of 1 micrographs): correct errors"),
        ((0.7, 0.5), "it fell from 0.70 to 0.50"),
    ],
)
def test_the_verdict_is_in_plain_words(ious: tuple[float, ...], told: str) -> None:
    points = tuple(CurvePoint(number, iou) for number, iou in enumerate(ious, start=1))
    verdict = LabelCurve(points, len(points) + 1).verdict
    assert told in verdict
    assert "estimate by the instant answer" in verdict


@pytest.mark.parametrize(("table", "nothing"), [("1=a,2=b", 0), ("0=a,1=b", 255)])
def test_an_error_map_holds_the_label_where_the_mask_says_something_else(table: str, nothing: int) -> None:
    classes = ClassTable.parse(table)
    first, second = classes.values
    labels: npt.NDArray[Any] = np.array([[first, first, second, 77]], np.uint8)
    mask = np.array([[first, second, first, first]], np.uint8)
    found = error_map(labels, mask, classes)
    assert found.values.tolist() == [[nothing, first, second, nothing]]
    assert (found.wrong, found.judged) == (2, 3)
