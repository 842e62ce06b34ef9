"""What is asked for and reported where labels would help most. Knows no torch and no window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.training.finding import Place

COUNT = 10


@dataclass(frozen=True)
class Suggestion:
    """A region of the micrograph ``name`` to label next.

    ``reason``: a sentence for the person who paints. ``is_unlike``: it looks like nothing that is labelled.
    """

    name: str
    place: Place
    reason: str
    is_unlike: bool = False

    @property
    def place_of(self) -> tuple[str, Place]:
        """Which region it is, whatever the reason."""
        return self.name, self.place


@dataclass(frozen=True, eq=False)
class UncertaintyMap:
    """1 − margin (h, w), float16, of a slice, at cells of ``pixels`` × ``pixels`` pixels of the micrograph."""

    name: str
    slice_index: int
    cells: npt.NDArray[np.float16]
    pixels: int


@dataclass(frozen=True)
class ForeignMicrograph:
    """A micrograph unlike those that are labelled. ``share``: part of its regions that look like nothing in them."""

    name: str
    share: float

    @property
    def warning(self) -> str:
        strange = f"{100 * self.share:.0f} % of it looks like nothing in them"
        return (
            f"{self.name} looks different from every labelled micrograph ({strange}). "
            "Check its mask before you use it, or label a region of it."
        )


@dataclass(frozen=True, eq=False)
class SuggestionRequest:
    """All micrographs that may be labelled next, and those that already are; labels may be None if nothing is painted.

    ``open_count``: so many of them are answered first, if others are new; None for all.
    ``checkpoint``: a fine-tuned network whose uncertainty is asked for, once the first answer from the strokes alone
    has been given. ``views``: it sees each slice turned and mirrored as well, in the ways in which it was trained.
    """

    micrographs: tuple[LabelledMicrograph, ...]
    classes: ClassTable
    open_count: int | None = None
    checkpoint: Path | None = None
    views: bool = False
    count: int = COUNT


@dataclass(frozen=True, eq=False)
class SuggestionReport:
    """Kind "loading": libraries are. "looking": ``name`` is looked at, ``done`` of ``total`` slices are over.

    "predicting": likewise, by the network. "suggestions": the most useful first, the micrographs that look foreign,
    and where it is unsure, if anything was learnt. is_final: no better ones follow. message: why the network was not
    asked, if that was wanted.
    """

    kind: Literal["loading", "looking", "predicting", "suggestions"]
    name: str = ""
    done: int = 0
    total: int = 0
    suggestions: tuple[Suggestion, ...] = ()
    foreign: tuple[ForeignMicrograph, ...] = ()
    maps: tuple[UncertaintyMap, ...] = ()
    is_final: bool = False
    message: str = ""
