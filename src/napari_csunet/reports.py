"""The frozen progress values that long work yields, and what may be sent back to it. Knows no torch and no window."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

ReportKind = Literal["download", "started", "step", "validation", "preview", "notice", "finished"]


@dataclass(frozen=True)
class ClassScore:
    """Agreement of one class with the truth; a share is NaN where it has no meaning (the class is in neither mask)."""

    iou: float
    dice: float
    precision: float
    recall: float
    pixels: int


Interval = tuple[float, float]
"""Lower and upper end; both NaN where there can be none."""
Places = Literal["regions", "micrographs"]


@dataclass(frozen=True)
class Spread:
    """90 % intervals of the mean IoU, and of IoU and Dice of each class by its name.

    They come from drawing the ``count`` judged ``places`` again and again.
    """

    mean_iou: Interval
    iou: dict[str, Interval]
    dice: dict[str, Interval]
    places: Places
    count: int


@dataclass(frozen=True)
class Scores:
    """Agreement of masks with the truth over all labelled pixels.

    confusion: pixels by true class (row) and predicted class (column). spread: None where it was not worked out.
    """

    pooled_iou: float
    mean_iou: float
    accuracy: float
    per_class: dict[str, ClassScore]
    confusion: tuple[tuple[int, ...], ...] = ()
    spread: Spread | None = None


@dataclass(frozen=True)
class Progress:
    """Where long work stands: ``done`` of ``total`` in whatever unit, and the seconds behind and ahead."""

    done: int
    total: int
    elapsed_s: float
    remaining_s: float

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def time_left(self) -> str:
        """As a person says it, such as "1 min 54 left"; empty if unknown."""
        if not 0 <= self.remaining_s < float("inf"):
            return ""
        minutes, seconds = divmod(round(self.remaining_s), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"{hours} h {minutes:02d} min left"
        return f"{minutes} min {seconds:02d} left" if minutes else f"{seconds} s left"


@dataclass(frozen=True)
class PreviewRequest:
    """Sent into a running fine-tuning to see what the network makes of a region of one micrograph now."""

    micrograph: int
    slice_index: int = 0
    region: tuple[slice, slice] = (slice(None), slice(None))


@dataclass(frozen=True, eq=False)
class Preview:
    """Answer to a PreviewRequest: the mask (h, w) in label values, its upper left corner at ``origin`` (y, x)."""

    micrograph: int
    slice_index: int
    origin: tuple[int, int]
    mask: npt.NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class TrainingReport:
    """One moment of a fine-tuning.

    ``kind`` says what is new: "started" (device and settings in ``message``), "step" (``loss``), "validation"
    (``scores``), "preview" (``preview``), "notice" (``message``: memory, divergence, …) or "finished"
    (``scores`` of the kept state and the verdict in ``message``).
    """

    kind: ReportKind
    step: int
    progress: Progress
    loss: float = float("nan")
    scores: Scores | None = None
    best: bool = False
    preview: Preview | None = None
    message: str = ""
    checkpoint: Path | None = None


@dataclass(frozen=True)
class ModelFile:
    """The checkpoint that made a mask: where it lay, and the SHA-256 of the file then."""

    path: Path
    sha256: str

    @classmethod
    def of(cls, path: Path) -> ModelFile:
        """The file as it is now."""
        with path.open("rb") as file:
            return cls(path.absolute(), hashlib.file_digest(file, "sha256").hexdigest())


@dataclass(frozen=True, eq=False)
class Prediction:
    """Result for one micrograph or stack.

    mask: (s, h, w) for a stack, else (h, w); label values of the class table.
    probability: (classes, …mask shape) float32, or None if it was not asked for.
    uncertainty: mask shape, float32 from 0 (sure) to 1 (two classes are equally likely), or None.
    model: what made it, if that is known.
    """

    name: str
    mask: npt.NDArray[np.unsignedinteger]
    probability: npt.NDArray[np.float32] | None = None
    uncertainty: npt.NDArray[np.float32] | None = None
    notices: tuple[str, ...] = ()
    model: ModelFile | None = None


@dataclass(frozen=True, eq=False)
class PredictionReport:
    """One moment of a prediction: after each tile, with ``prediction`` once a micrograph is done."""

    progress: Progress
    name: str
    message: str = ""
    prediction: Prediction | None = None
    area_fractions: dict[str, float] = field(default_factory=dict)
