"""What an instant answer is asked for, and what it reports. Knows no torch and no window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.micrograph import Micrograph


@dataclass(frozen=True, eq=False)
class LabelledMicrograph:
    """A micrograph and what is painted on it, in label values of its mask's shape.

    ``pixels`` tells the micrograph from others: what was seen of these very pixels is not looked at again.
    """

    name: str
    pixels: Any
    read: Callable[[], Micrograph]
    labels: Any


@dataclass(frozen=True, eq=False)
class InstantRequest:
    """Which slice of which of the micrographs is to be answered; all of them are learnt from."""

    micrographs: tuple[LabelledMicrograph, ...]
    shown: int
    slice_index: int
    classes: ClassTable


@dataclass(frozen=True, eq=False)
class InstantReport:
    """Kind "loading": libraries are. "looking": part of ``name`` is looked at next. "answer": has a ``mask``.

    mask: (h, w) in label values. class_count, pixels: what the answer was learnt from. is_final: no better one follows.
    """

    kind: Literal["loading", "looking", "learning", "answer"]
    name: str
    mask: npt.NDArray[np.unsignedinteger] | None = None
    class_count: int = 0
    pixels: int = 0
    is_final: bool = False
