"""The long questions of *How good is it?*, as a thread runs them; what they need is imported there."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from napari_csunet.classes import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.inference.class_translation import in_label_values, label_values
from napari_csunet.inference.error_map import ErrorMap, error_map
from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.label_curve_reports import LabelCurveReport
from napari_csunet.training.leave_one_out_reports import LeaveOneOutReport
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.training_material import Labelled


def leave_out_each(
    material: Sequence[Labelled], classes: ClassTable, config: TrainingConfig
) -> Generator[LeaveOneOutReport, None, None]:
    """As ``leave_one_out``; files are read only here."""
    deque(load("napari_csunet.training.leave_one_out"), maxlen=0)
    from napari_csunet.training.leave_one_out import leave_one_out

    micrographs, labels = [one.source.read() for one in material], [np.array(one.labels) for one in material]
    yield from leave_one_out(micrographs, labels, classes, config)


def curve_over(
    material: Sequence[Labelled], classes: ClassTable, device: str
) -> Generator[LabelCurveReport, None, None]:
    """As ``label_curve``."""
    deque(load("napari_csunet.inference.label_curve"), maxlen=0)
    from napari_csunet.inference.label_curve import label_curve

    micrographs = [LabelledMicrograph(one.source.name, None, one.source.read, one.labels) for one in material]
    yield from label_curve(micrographs, classes, device)


def errors_between(
    labels: Any, mask: Any, classes: ClassTable, of_mask: ClassTable | None
) -> Generator[ErrorMap, None, None]:
    """One report; ``of_mask``: the classes that the mask carries."""
    said = in_label_values(np.asarray(mask), label_values(of_mask or classes, classes))
    yield error_map(np.asarray(labels), said, classes)
