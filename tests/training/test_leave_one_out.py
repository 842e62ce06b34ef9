"""Leaving one micrograph out: nothing of it trains, all are judged, and it can be stopped."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_csunet import ClassTable, Micrograph, TrainingConfig
from napari_csunet.errors import LabelError
from napari_csunet.reports import Scores
from napari_csunet.training.fine_tuning import fine_tune as whole
from napari_csunet.training.leave_one_out import leave_one_out
from napari_csunet.training.leave_one_out_reports import LeftOut, mean_and_spread, time_told

pytestmark = pytest.mark.usefixtures("small_network")

CLASSES = ClassTable.parse("1=matrix,2=particle")
QUICK = TrainingConfig(steps=1, patch_size=64, batch_size=1, device="cpu", reduction=1, encoder_weights="none")


@pytest.fixture
def three(mask: Any, strokes: Any) -> tuple[list[Micrograph], list[Any]]:
    """Three labelled micrographs, and one without labels."""
    names = ("a", "b", "c", "nothing")
    labels = [strokes, mask, strokes, np.zeros_like(mask)]
    return [Micrograph.from_array(mask * 100 + i, name) for i, name in enumerate(names)], labels


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Names of the micrographs of each training."""
    names: list[list[str]] = []

    def fine_tune(micrographs: Any, *rest: Any, **options: Any) -> Any:
        names.append([one.name for one in micrographs])
        assert options.keys() == {"out"}  # no other micrographs, none to judge by
        return whole(micrographs, *rest, **options)

    monkeypatch.setattr("napari_csunet.training.leave_one_out.fine_tune", fine_tune)
    return names


def test_each_is_judged_by_a_network_that_never_saw_it(three: Any, learnt: list[list[str]]) -> None:
    *_, last = leave_one_out(three[0], three[1], CLASSES, QUICK)
    assert learnt == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert last.is_final
    assert [one.name for one in last.results] == ["a", "b", "c"]
    judged = [sum(map(sum, one.scores.confusion)) for one in last.results]
    assert judged == [np.count_nonzero(labels) for labels in three[1][:3]]
    assert last.progress.share == 1


def test_stopping_leaves_no_file_behind(three: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reports = leave_one_out(three[0], three[1], CLASSES, QUICK)
    told = next(reports).message
    next(reports)
    assert any(tmp_path.iterdir())
    reports.close()
    assert told == "3 trainings of 1 steps each."
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("count", "told"), [(1, "Label a second one"), (7, "7 trainings")])
def test_too_few_and_too_many_are_refused(mask: Any, count: int, told: str) -> None:
    micrographs = [Micrograph.from_array(mask)] * count
    with pytest.raises(LabelError, match=told):
        next(leave_one_out(micrographs, [mask] * count, CLASSES, QUICK))


def test_a_class_that_only_one_micrograph_shows_is_refused_before_any_training(mask: Any) -> None:
    micrographs = [Micrograph.from_array(mask, name) for name in ("a", "b")]
    with pytest.raises(LabelError, match="Without a, fewer than two classes"):
        next(leave_one_out(micrographs, [mask, np.ones_like(mask)], CLASSES, QUICK))


def test_the_time_is_told_beforehand() -> None:
    assert time_told(3, TrainingConfig(minutes=2.5)) == "3 trainings of 2.5 min each: about 7.5 min"


def test_the_spread_is_that_between_micrographs() -> None:
    results = [LeftOut(name, Scores(0.0, iou, 0.0, {})) for name, iou in (("a", 0.5), ("b", 0.7), ("c", 0.9))]
    assert mean_and_spread(results) == pytest.approx((0.7, 0.2))
