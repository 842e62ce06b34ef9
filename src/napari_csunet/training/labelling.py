"""What a person does to labels besides painting them: correct a prediction, and paint on while a network learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

Corrected = npt.NDArray[np.bool_]
"""Where a person said something else than a network had, of the labels' shape."""
Corrections = Callable[[npt.NDArray[Any]], Corrected | None]
"""Finds them in labels; called in the thread that trains."""


@dataclass(frozen=True, eq=False)
class Change:
    """The labels of a micrograph, by its number, as they are from now on."""

    micrograph: int
    labels: Any
    corrections: Corrections | None = None


class Changes:
    """Labels that change while a network learns; filled by one thread, emptied by another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._newest: dict[int, Change] = {}

    def put(self, change: Change) -> None:
        """Takes the place of an earlier change of the same micrograph that has not been taken yet."""
        with self._lock:
            self._newest[change.micrograph] = change

    def take(self) -> list[Change]:
        """What has changed since the last call, one of each micrograph."""
        with self._lock:
            taken, self._newest = list(self._newest.values()), {}
        return taken


@dataclass(frozen=True, eq=False)
class Labelling:
    """What ``fine_tune`` is told beyond the labels.

    corrected: one of each micrograph, or none at all; such places are learnt from more often. changes: taken before
    each step.
    """

    corrected: Sequence[Corrected | None] = ()
    changes: Changes = field(default_factory=Changes)
