"""What a person does to labels besides painting them: correct a prediction, and paint on while a network learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

Corrected = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Change:
    """The labels of a micrograph, by its number, as they are from now on; ``corrected`` as in ``Labelling``."""

    micrograph: int
    labels: npt.NDArray[Any]
    corrected: Corrected | None = None


class Labelling:
    """What ``fine_tune`` is told beyond the labels.

    corrected: for each micrograph where a person said something else than a network had, of the labels' shape, or None;
    such places are learnt from more often. changes: filled by another thread; taken before the next step.
    """

    def __init__(self, corrected: Sequence[Corrected | None] = (), changes: SimpleQueue[Change] | None = None) -> None:
        self.corrected = corrected
        self._changes = changes

    def take(self) -> list[Change]:
        """What has changed since the last call, the newest of each micrograph."""
        newest: dict[int, Change] = {}
        while self._changes is not None and not self._changes.empty():
            change = self._changes.get()
            newest[change.micrograph] = change
        return list(newest.values())
