"""How long training may take, in minutes or in steps, and the learning rate that follows from it."""

from __future__ import annotations

import math
import time

from napari_csunet.config import RunConfig
from napari_csunet.reports import Progress

WARM_UP_SHARE = 0.15
FIRST_SHARE_OF_PEAK = 0.1
FEWEST_STEPS = 30
"""After fewer steps, what a network does says little of what it could learn: three trainings on superalloy came to a
mean IoU of 0.27 after 4 steps, 0.52 after 13 and 0.96 after 32."""
TOLD_SHARE = 0.2
"""Of the minutes: preparations that take more of them are named as the reason."""


class Budget:
    """Counts steps and time from the moment it is made; ``step`` steps and ``elapsed_s`` seconds were spent before.

    ``reserve_s`` is kept back from a budget in minutes for what comes after the last step.
    """

    def __init__(self, config: RunConfig, step: int = 0, elapsed_s: float = 0.0) -> None:
        self._steps = config.steps
        self._seconds = None if config.steps else (config.minutes or 0) * 60
        self._start = time.monotonic() - elapsed_s
        self._longest_step_s = 0.0
        self._before_s: float | None = None  # spent before the first step, on looking at micrographs and the like
        self._last = time.monotonic()
        self.reserve_s = 0.0
        self.step = step

    @property
    def in_steps(self) -> int | None:
        """The number of steps, if that is how the budget is given."""
        return self._steps

    @property
    def seconds(self) -> float:
        """How long the run may take; infinite where the budget is given in steps."""
        return math.inf if self._seconds is None else self._seconds

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start

    def leave_out(self, seconds: float) -> None:
        """Time that was spent on something else, such as a download."""
        self._start += seconds

    def start_step(self) -> None:
        if self._before_s is None:
            self._before_s = self.elapsed_s if self.step == 0 else 0.0
        self._last = time.monotonic()

    def finish_step(self) -> None:
        self.step += 1
        self._longest_step_s = max(0.9 * self._longest_step_s, time.monotonic() - self._last)

    @property
    def share(self) -> float:
        """Share of the training that is behind, 0 to 1; a budget in minutes counts from the first step."""
        if self._seconds is None:
            return min(1.0, self.step / (self._steps or 1))
        before = self._before_s or 0.0
        return min(1.0, (self.elapsed_s - before) / max(1e-3, self._seconds - self.reserve_s - before))

    @property
    def is_spent(self) -> bool:
        """Whether another step would exceed the budget; one step is always made."""
        if self._seconds is None:
            return self.step >= (self._steps or 0)
        return self.step > 0 and self.elapsed_s + self._longest_step_s / 2 + self.reserve_s >= self._seconds

    def shortage(self) -> str:
        """That too few steps fitted into the minutes to say anything, and why; empty if that is not so."""
        if self._seconds is None or self.step >= FEWEST_STEPS:
            return ""
        steps = "1 step" if self.step == 1 else f"{self.step} steps"
        minutes = f"{self._seconds / 60:g} minute{'' if self._seconds == 60 else 's'}"
        before = self._before_s or 0.0
        why = f" because preparing took {before:.0f} s" if before > TOLD_SHARE * self._seconds else ""
        return f"Only {steps} fitted into {minutes}{why}: give it more minutes."

    def progress(self) -> Progress:
        elapsed = self.elapsed_s
        if self._seconds is not None:
            return Progress(
                round(min(elapsed, self._seconds)), round(self._seconds), elapsed, max(0.0, self._seconds - elapsed)
            )
        total = self._steps or 1
        remaining = elapsed / self.step * (total - self.step) + self.reserve_s if self.step else float("nan")
        return Progress(self.step, total, elapsed, remaining)


def one_cycle(share: float, peak: float) -> float:
    """Learning rate at a share of the training: a short rise, then a cosine fall to nearly nothing (Smith 2018)."""
    if share < WARM_UP_SHARE:
        return peak * (FIRST_SHARE_OF_PEAK + (1 - FIRST_SHARE_OF_PEAK) * share / WARM_UP_SHARE)
    position = (share - WARM_UP_SHARE) / (1 - WARM_UP_SHARE)
    return peak * max(1e-3, 0.5 + 0.5 * math.cos(math.pi * position))
