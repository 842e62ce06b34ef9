"""What a budget counts."""

from __future__ import annotations

from napari_csunet.config import TrainingConfig
from napari_csunet.training.budget import Budget


def test_a_budget_in_minutes_goes_on_where_it_stood() -> None:
    budget = Budget(TrainingConfig(minutes=10.0), step=7, elapsed_s=300)
    assert budget.step == 7
    assert 0.5 <= budget.share < 0.51
