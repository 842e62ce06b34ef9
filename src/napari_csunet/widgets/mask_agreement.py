"""How well two masks of one micrograph agree, such as those of two people: worked out in a thread, shown as a table."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_csunet.errors import LabelError
from napari_csunet.export.numbers import number_text
from napari_csunet.widgets.class_table import headers, swatch
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.mask_meaning import interpreted
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_results import load_measurement
from napari_csunet.widgets.measure_sources import MaskSource


@dataclass(frozen=True)
class ClassAgreement:
    """IoU and Dice of a class; mean distance of the boundaries and its 95th percentile in ``unit``, NaN in stacks."""

    name: str
    colour: str
    iou: float
    dice: float
    distance: float
    distance_95: float
    unit: str


def compare_masks(
    first: MaskSource, second: MaskSource, choices: MeasureChoices
) -> Generator[list[ClassAgreement], None, None]:
    """One report. Raises LabelError if the masks have other shapes or classes, or share no pixel of a class."""
    load_measurement()
    for _ in load("napari_csunet.training.metrics"):
        pass
    from napari_csunet.measurement.boundary_distance import BoundaryDistance, boundary_distance
    from napari_csunet.measurement.scale import Scale
    from napari_csunet.training.metrics import confusion_matrix, scores_from_confusion

    a, b = np.asarray(first.values), np.asarray(second.values)
    if a.shape != b.shape:
        raise LabelError(f"{first.name} has shape {a.shape}, {second.name} {b.shape}. Compare masks of one micrograph.")
    read, scale = interpreted((first, second), (a, b), choices), Scale.of(first.pixel_size)
    classes, (a, b) = read.classes, read.masks
    indices = classes.to_indices(a), classes.to_indices(b)
    scores = scores_from_confusion(confusion_matrix(*indices, len(classes)), classes)
    known = (indices[0] >= 0) & (indices[1] >= 0)
    if not known.any():
        raise LabelError(f"{first.name} and {second.name} have no pixel that both give a class. Choose other masks.")
    rows, unknown = [], BoundaryDistance(np.nan, np.nan, np.nan, scale.unit)
    for index, c in classes.entries():
        inside = indices[0] == index, indices[1] == index
        apart = boundary_distance(*inside, scale, known) if a.ndim == 2 else unknown
        score = scores.per_class[c.name]
        rows.append(ClassAgreement(c.name, c.colour, score.iou, score.dice, apart.mean, apart.hausdorff_95, scale.unit))
    yield rows


class AgreementTable(QTableWidget):
    """One line a class."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("agreement_table")
        self.setToolTip("IoU and Dice: 1 is the same. Apart: mean distance of the boundaries, and 95 % are no further.")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        lines, columns = headers(self)
        lines.hide()
        lines.setDefaultSectionSize(20)
        self.setColumnCount(5)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_agreement(self, rows: Sequence[ClassAgreement]) -> None:
        unit = rows[0].unit if rows else ""
        self.setHorizontalHeaderLabels(["Class", "IoU", "Dice", f"apart\n{unit}", f"95 %\n{unit}"])
        self.setRowCount(len(rows))
        for line, one in enumerate(rows):
            self.setItem(line, 0, QTableWidgetItem(swatch(one.colour), one.name))
            for column, value in enumerate((one.iou, one.dice, one.distance, one.distance_95), start=1):
                item = QTableWidgetItem(number_text(value))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(line, column, item)
        self.setFixedHeight(headers(self)[1].sizeHint().height() + 20 * min(6, len(rows)) + 6)
