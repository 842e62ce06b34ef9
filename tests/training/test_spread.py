"""Intervals of scores: they cover what is known, are wide where little is known, and survive the checkpoint."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet.checkpoint import Checkpoint, Provenance, read_provenance
from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.reports import Scores
from napari_csunet.training.annotated import annotate
from napari_csunet.training.kept_scores import kept_scores, metrics_of
from napari_csunet.training.metrics import confusion_matrix
from napari_csunet.training.spread import JudgedPlaces, confusions_by_region, spread_of

CLASSES = ClassTable.parse("1=matrix,2=pore")
PIXELS = 200


def drawn(random: np.random.Generator, places: int) -> npt.NDArray[np.int64]:
    """Places of 200 pixels of each class, of which about 90 % are right, some places being worse than others."""
    right = random.binomial(PIXELS, np.clip(random.normal(0.9, 0.05, (places, 2)), 0, 1))
    confusions = np.empty((places, 2, 2), np.int64)
    for index in (0, 1):
        confusions[:, index, index], confusions[:, index, 1 - index] = right[:, index], PIXELS - right[:, index]
    return confusions


@pytest.mark.parametrize("places", [6, 30])
def test_nine_of_ten_intervals_cover_the_true_iou(places: int) -> None:
    random = np.random.default_rng(1)
    many = drawn(random, 20_000).sum(axis=0)
    truth = many[0, 0] / (many[0].sum() + many[1, 0])
    spreads = [spread_of(drawn(random, places), CLASSES) for _ in range(80)]
    covered = np.mean([low <= truth <= high for low, high in (one.iou["matrix"] for one in spreads if one)])
    assert 0.82 <= covered <= 0.98


def test_a_class_in_too_few_places_has_no_interval() -> None:
    confusions = np.tile(np.diag([10, 0]), (8, 1, 1))
    confusions[:3, 1, 1] = 5
    spread = spread_of(confusions, CLASSES)
    assert spread is not None
    assert spread.iou["matrix"] == (1, 1)
    assert math.isnan(spread.iou["pore"][0])
    assert spread_of(confusions[:0], CLASSES) is None


def test_regions_add_up_to_the_whole_and_lie_in_one_grid() -> None:
    random = np.random.default_rng(0)
    truth, found = random.integers(-1, 3, (2, 50, 70)).astype(np.int16)
    found[found == UNLABELLED] = 0
    regions = confusions_by_region(found, truth, (40, 0), 32, 3)
    assert set(regions) == {(y, x) for y in (1, 2) for x in (0, 1, 2)}
    np.testing.assert_array_equal(np.sum(list(regions.values()), axis=0), confusion_matrix(found, truth, 3))


@pytest.mark.parametrize(("micrographs", "places", "count"), [(2, "regions", 2 * 16), (5, "micrographs", 5)])
def test_many_micrographs_are_drawn_as_wholes(micrographs: int, places: str, count: int) -> None:
    judged, labels = JudgedPlaces(CLASSES), np.ones((64, 64), np.uint8)
    for one in annotate(
        [Micrograph.from_array(np.eye(64)) for _ in range(micrographs)],
        [labels] * micrographs,
        CLASSES,
        Normalisation(),
    ):
        judged.add(one, (0, 0), one.indices, one.indices)
    spread = judged.scores().spread
    assert spread is not None
    assert (spread.places, spread.count) == (places, count)


def scores() -> Scores:
    judged = JudgedPlaces(ClassTable.parse("1=matrix,2=pore,3=never seen"))
    truth = np.random.default_rng(0).integers(0, 2, (64, 64)).astype(np.int16)
    (one,) = annotate([Micrograph.from_array(np.eye(64))], [truth + 1], CLASSES, Normalisation())
    judged.add(one, (0, 0), np.roll(truth, 1, axis=0), truth)
    return judged.scores()


def test_a_checkpoint_keeps_scores_with_confusion_and_spread(tmp_path: Path) -> None:
    told, before = scores(), scores()
    provenance = Provenance(
        model=ModelConfig(class_count=2),
        classes=CLASSES,
        training=TrainingConfig(),
        metrics=metrics_of(told, "strokes"),
    )
    path = Checkpoint(provenance, {}).save(tmp_path / "a.safetensors")
    kept = kept_scores(read_provenance(path).metrics)
    assert repr(kept) == repr(before)  # NaN is not equal to itself
    assert kept is not None
    assert sum(map(sum, kept.confusion)) == 64 * 64


@pytest.mark.parametrize("metrics", [{}, {"mean_iou": 0.8, "iou": {"matrix": 0.8}}, {"scores": {"mean_iou": 0.8}}])
def test_metrics_of_older_checkpoints_hold_no_scores(metrics: dict[str, Any]) -> None:
    assert kept_scores(metrics) is None
