"""Counts in a thread how much of each class is painted, a moment after somebody painted."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.background import Background

PAUSE_MS = 250
QUICK_BYTES = 16 * 2**20
"""Up to this size arrays are counted at once, within milliseconds; larger ones, or those on disk, in a thread."""

Arrays = Mapping[str, npt.NDArray[np.integer]]
Counts = dict[str, dict[int, int]]
"""Pixels of each label value, by the name of the micrograph."""


class PaintCounter(QObject):
    """Call ``count`` as often as you like; ``counted`` comes once things are quiet."""

    counted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._arrays: Arrays = {}
        self._classes: ClassTable | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self.background = Background()
        self.background.reported.connect(self.counted)

    def count(self, arrays: Arrays, classes: ClassTable) -> None:
        self._arrays, self._classes = arrays, classes
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self.background.stop()

    def _on_timer_timeout(self) -> None:
        if self.background.is_running:
            self._timer.start()
        elif self._classes is not None and _is_quick(self._arrays):
            self.counted.emit(next(_counts(self._arrays, self._classes)))
        elif self._classes is not None:
            self.background.start(_counts, self._arrays, self._classes)


def _is_quick(arrays: Arrays) -> bool:
    in_memory = [array for array in arrays.values() if isinstance(array, np.ndarray)]
    return len(in_memory) == len(arrays) and sum(array.nbytes for array in in_memory) <= QUICK_BYTES


def _counts(arrays: Arrays, classes: ClassTable) -> Generator[Counts, None, None]:
    yield {name: classes.pixel_counts(np.asarray(array)) for name, array in arrays.items()}


def total(counts: Counts, names: Sequence[str]) -> dict[int, int]:
    """Pixels of each label value over the micrographs of these names."""
    sums: dict[int, int] = {}
    for name in names:
        for value, pixels in counts.get(name, {}).items():
            sums[value] = sums.get(value, 0) + pixels
    return sums


def obstacle(counts: Counts, names: Sequence[str], labelled: Collection[str]) -> str:
    """What the labels of these micrographs lack for a training, as a request; empty if nothing.

    ``labelled`` names the micrographs that have labels, counted or not.
    """
    if not names:
        return "Check at least one micrograph"
    if not any(name in labelled for name in names):
        return "Make labels and paint at least two classes"
    if not any(name in counts for name in names):
        return "Counting labelled pixels…"
    painted = [value for value, pixels in total(counts, names).items() if pixels]
    if not painted:
        return "Paint at least two classes"
    return "Paint one more class, the background too" if len(painted) == 1 else ""


def note_of(counts: Mapping[int, int] | None) -> str:
    """Such as "2 classes painted"; nothing for a micrograph without labels."""
    if counts is None:
        return ""
    painted = sum(1 for pixels in counts.values() if pixels)
    return f"{painted} classes painted" if painted != 1 else "1 class painted"
