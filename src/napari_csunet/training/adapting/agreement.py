"""Whether an adapted network still sees what the original saw, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_csunet.classes import ClassTable
from napari_csunet.training.adapting.looking import Answer

COMMON = 0.01
"""Share of the pixels from which a class counts as present."""
LOST = 0.25
"""Share of what a class covered at first below which it counts as lost."""


@dataclass(frozen=True)
class Agreement:
    """Share of pixels of the same class, and the names of classes that are nearly gone."""

    share: float
    lost: tuple[str, ...]

    def holds(self, least: float) -> bool:
        return self.share >= least and not self.lost

    def __str__(self) -> str:
        gone = f", and {' and '.join(self.lost)} nearly vanished" if self.lost else ""
        return f"it agrees with the original on {100 * self.share:.0f} % of the pixels{gone}"


def agreement_of(first: Sequence[Answer], now: Sequence[Answer], classes: ClassTable) -> Agreement:
    """Of two sets of answers on the same pictures."""
    count = len(classes)
    confusion = np.zeros((count, count), np.int64)
    for before, after in zip(first, now, strict=True):
        pairs = before.argmax(axis=0) * count + after.argmax(axis=0)
        confusion += np.bincount(pairs.ravel(), minlength=count**2).reshape(count, count)
    total, before_all, after_all = confusion.sum(), confusion.sum(axis=1), confusion.sum(axis=0)
    lost = (before_all >= COMMON * total) & (after_all < LOST * before_all)
    names = tuple(entry.name for index, entry in classes.entries() if lost[index])
    return Agreement(float(np.trace(confusion) / max(1, total)), names)
