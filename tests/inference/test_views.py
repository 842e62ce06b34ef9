"""Views for test-time augmentation: those that occurred in training."""

from __future__ import annotations

import re

import pytest
import torch

from napari_csunet.config import Layers, PredictionConfig, TrainingConfig
from napari_csunet.inference.views import View, views_for


@pytest.mark.parametrize(
    ("turned", "flips", "count"),
    [(True, True, 8), (None, True, 8), (False, True, 4), (True, False, 4), (False, False, 1)],
)
def test_as_many_views_as_training_had(turned: bool | None, flips: bool, count: int) -> None:
    views = views_for(TrainingConfig(quarter_turns=turned, flips=flips))
    assert len(set(views)) == count
    assert View(0, mirrored=False) in views


def test_the_settings_tell_how_many_views_there_are() -> None:
    told = PredictionConfig.model_fields["test_time_augmentation"].description or ""
    layered = TrainingConfig(quarter_turns=False, layers="rows")
    assert re.findall(r"\d+", told) == [str(len(views_for(one))) for one in (TrainingConfig(), layered)]


def test_layers_lie_as_they_lay_in_training() -> None:
    layers = torch.arange(6.0).reshape(1, 1, 6, 1).expand(1, 1, 6, 6)
    for view in views_for(TrainingConfig(quarter_turns=False)):
        assert (view.of(layers).diff(dim=-1) == 0).all()


@pytest.mark.parametrize("view", views_for(TrainingConfig()))
def test_a_view_is_undone(view: View) -> None:
    image = torch.randn(1, 2, 5, 7)
    assert torch.equal(view.undone(view.of(image)), image)


@pytest.mark.parametrize("found", ["rows", "columns"])
def test_layers_stay_in_their_order_in_every_view(found: Layers) -> None:
    rows = torch.arange(6.0).expand(1, 1, 4, 6)
    picture = rows.transpose(-2, -1) if found == "rows" else rows
    views = views_for(TrainingConfig(quarter_turns=False, layers=found))
    assert len(views) == 2
    assert all(torch.equal(view.of(picture), picture) for view in views)
    other = torch.rand(1, 1, 6, 4)
    assert not torch.equal(views[1].of(other), other)
    assert torch.equal(views[1].undone(views[1].of(other)), other)
