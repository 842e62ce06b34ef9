"""What a budget counts."""

from __future__ import annotations

import pytest

from napari_csunet.config import TrainingConfig
from napari_csunet.training.budget import FEWEST_STEPS, Budget


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


def made(count: int, before_s: float, **config: float) -> Budget:
    budget = Budget(TrainingConfig(**config), elapsed_s=before_s)
    for _ in range(count):
        budget.start_step()
        budget.finish_step()
    return budget


def test_too_few_steps_are_told_with_what_took_the_time() -> None:
    told = made(7, 48, minutes=1.0).shortage()
    assert told == "Only 7 steps fitted into 1 minute because preparing took 48 s: give it more minutes."
    assert made(1, 3, minutes=1.5).shortage() == "Only 1 step fitted into 1.5 minutes: give it more minutes."


def test_enough_steps_and_steps_that_were_asked_for_are_no_shortage() -> None:
    assert made(FEWEST_STEPS, 48, minutes=1.0).shortage() == ""
    assert made(2, 48, steps=2).shortage() == ""
