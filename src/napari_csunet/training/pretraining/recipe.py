"""A pretraining's objectives, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_csunet.errors import CSUNetError
from napari_csunet.training.pretraining.objective import Objective

_CHOICE_STREAM = 0xC0


class Recipe:
    """Objectives with the shares of steps that they get; shares are relative."""

    def __init__(self, shares: Mapping[Objective, float]) -> None:
        if not shares or min(shares.values()) < 0 or not sum(shares.values()):
            raise CSUNetError("A pretraining needs an objective with a share above 0. Add --synthetic 1, for example.")
        total = sum(shares.values())
        self.shares = {objective.name: share / total for objective, share in shares.items() if share}
        self.objectives = {objective.name: objective for objective, share in shares.items() if share}

    @property
    def parts(self) -> frozenset[str]:
        """Parts of the network that are trained."""
        return frozenset().union(*(objective.parts for objective in self.objectives.values()))

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(notice for objective in self.objectives.values() for notice in objective.notices)

    def chosen(self, seed: int, step: int) -> Objective:
        """Objective of a step; the same in all processes."""
        names = list(self.shares)
        random = np.random.default_rng([seed, step, _CHOICE_STREAM])
        return self.objectives[names[int(random.choice(len(names), p=list(self.shares.values())))]]

    def describe(self) -> dict[str, Any]:
        """Shares and what each objective says of itself, in plain values."""
        return {
            name: {"share": round(self.shares[name], 6), **objective.describe()}
            for name, objective in self.objectives.items()
        }
