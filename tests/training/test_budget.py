"""What a budget counts."""

from __future__ import annotations

import pytest

from napari_csunet.config import TrainingConfig
from napari_csunet.training.budget import Budget


def test_a_budget_in_minutes_goes_on_where_it_stood() -> None:
    budget = Budget(TrainingConfig(minutes=10.0), step=7, elapsed_s=300)
    assert budget.step == 7
    assert 0.5 <= budget.share < 0.51


def test_what_came_before_the_first_step_is_no_share_of_the_training() -> None:
    budget = Budget(TrainingConfig(minutes=1.0), elapsed_s=30)
    budget.start_step()
    assert budget.share == pytest.approx(0, abs=0.01)
    budget.leave_out(-15)
    assert budget.share == pytest.approx(0.5, abs=0.01)
    assert budget.progress().share == pytest.approx(0.75, abs=0.02)
