"""A fine-tuning of the window, as its thread runs it."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.reports import PreviewRequest, TrainingReport
from napari_csunet.training.labelling import Changes, Labelling
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.training_material import Labelled, TrainingMaterial


def fine_tune_layers(
    material: TrainingMaterial,
    classes: ClassTable,
    config: TrainingConfig,
    out: Path,
    start_from: Path | None,
    changes: Changes,
) -> Generator[TrainingReport, PreviewRequest | None, None]:
    """As ``fine_tune``; files are read only here. Without material to judge by, some labels are held out.

    changes: labels as they become while the network learns.
    """
    deque(load("napari_csunet.training.fine_tuning"), maxlen=0)
    from napari_csunet.training.fine_tuning import fine_tune

    judge = _as_arrays(material.validation) if material.validation else None
    micrographs, labels = _as_arrays(material.training)
    labelling = Labelling(_corrected(material.training, labels), changes)
    yield from fine_tune(
        micrographs, labels, classes, config, out=out, validation=judge, start_from=start_from, labelling=labelling
    )


def _corrected(some: Sequence[Labelled], labels: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[np.bool_] | None]:
    pairs = zip(some, labels, strict=True)
    return [None if one.corrections is None else one.corrections.places(array) for one, array in pairs]


def _as_arrays(some: Sequence[Labelled]) -> tuple[list[Micrograph], list[npt.NDArray[Any]]]:
    return [one.source.read() for one in some], [np.array(one.labels) for one in some]
