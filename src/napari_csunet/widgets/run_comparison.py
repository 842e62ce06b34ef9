"""Two runs side by side: IoU of each class, and whether the figures can be compared."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from napari_csunet.widgets.class_table import headers
from napari_csunet.widgets.models import model_label
from napari_csunet.widgets.panel_parts import sentence
from napari_csunet.widgets.run_table import ROW_HEIGHT
from napari_csunet.widgets.runs import Run

VISIBLE_ROWS = 6
Row = tuple[str, float | None, float | None]


def compared(one: Run, other: Run) -> list[Row]:
    """IoU of each class of either run in both, then of all classes; None where a run has not measured it."""
    names = dict.fromkeys((*one.classes, *other.classes))
    rows: list[Row] = [(name, (one.iou or {}).get(name), (other.iou or {}).get(name)) for name in names]
    return [*rows, ("mean", one.mean_iou, other.mean_iou)]


class RunComparison(QWidget):
    """Hidden until ``compare``."""

    def __init__(self) -> None:
        super().__init__()
        self._note = sentence("run_comparison_label")
        self._table = QTableWidget(0, 4)
        self._table.setObjectName("run_comparison_table")
        self._table.setToolTip("IoU of each class in both runs; the last column is how much better the first one is.")
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        rows, columns = headers(self._table)
        rows.hide()
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        layout.addWidget(self._note)
        self.hide()

    def compare(self, one: Run, other: Run) -> None:
        table, rows = self._table, compared(one, other)
        table.setHorizontalHeaderLabels(["IoU", *(_short(run) for run in (one, other)), "±"])
        for column, run in ((1, one), (2, other)):
            item = table.horizontalHeaderItem(column)
            if item is not None:
                item.setToolTip(model_label(run.path))
        table.setRowCount(len(rows))
        for row, entry in enumerate(rows):
            for column, text in enumerate(_texts(entry)):
                table.setItem(row, column, _item(text, is_number=column > 0))
        height = headers(table)[1].sizeHint().height() + ROW_HEIGHT * min(VISIBLE_ROWS, len(rows))
        table.setFixedHeight(height + 2 * table.frameWidth() + 2)
        self._note.setText(_caution(one, other))
        self.show()


def _short(run: Run) -> str:
    """When it was made, such as "today 14:02"."""
    return model_label(run.path).rpartition(", ")[2]


def _texts(row: Row) -> tuple[str, ...]:
    name, one, other = row
    difference = "" if one is None or other is None else f"{one - other:+.2f}"
    return (name, *("–" if value is None else f"{value:.2f}" for value in (one, other)), difference)


def _item(text: str, *, is_number: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setToolTip(text)
    if is_number:
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _caution(one: Run, other: Run) -> str:
    if one.judged_by == other.judged_by:
        return "Both were judged by the same labels."
    return "They were judged by different labels: small differences mean nothing."
