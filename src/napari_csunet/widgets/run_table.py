"""The table of runs: which one is current, what it is called, minutes, classes and mean IoU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import QItemSelection, QItemSelectionModel, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_csunet.widgets.class_table import headers
from napari_csunet.widgets.models import model_label
from napari_csunet.widgets.runs import Run

CURRENT, NAME, WHEN, MINUTES, CLASSES, IOU = range(6)
HEADERS = ("", "Run", "When", "min", "cls", "IoU")
TOOLTIPS = (
    "The current run: Predict uses it, and Continue goes on from it.",
    "The micrograph that the run is named after.",
    "When it was saved.",
    "Minutes of training.",
    "Number of classes.",
    "Mean IoU on the labels that were held out.",
)
VISIBLE_ROWS = 6
ROW_HEIGHT = 22


class RunTable(QTableWidget):
    """One row a run; several can be selected."""

    def __init__(self) -> None:
        super().__init__(0, len(HEADERS))
        self.setObjectName("run_history_table")
        self.setToolTip("Earlier trainings, the last one first. Click one; hold Ctrl to choose a second one.")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self._runs: list[Run] = []
        self._dress_headers()

    def selected(self) -> list[Run]:
        """From top to bottom."""
        selection = self.selectionModel()
        rows = sorted(index.row() for index in selection.selectedRows()) if selection is not None else []
        return [self._runs[row] for row in rows]

    def set_runs(self, runs: Sequence[Run], current: Path | None) -> None:
        """What was selected stays so."""
        chosen = {run.path for run in self.selected()}
        self._runs = list(runs)
        self.setUpdatesEnabled(False)
        self.blockSignals(True)
        self.clearSelection()
        self.setRowCount(len(runs))
        for row, run in enumerate(runs):
            self._fill(row, run, is_current=run.path == current)
        for column in (CURRENT, WHEN, MINUTES, CLASSES, IOU):
            self.resizeColumnToContents(column)
        self._select(chosen)
        self.blockSignals(False)
        self.setUpdatesEnabled(True)
        rows = ROW_HEIGHT * max(1, min(VISIBLE_ROWS, len(runs)))
        self.setFixedHeight(headers(self)[1].sizeHint().height() + rows + 2 * self.frameWidth() + 2)

    def _select(self, paths: set[Path]) -> None:
        """All at once: one by one, hundreds take long."""
        model, selected = self.model(), self.selectionModel()
        if model is None or selected is None:
            return
        chosen = QItemSelection()
        for row in [row for row, run in enumerate(self._runs) if run.path in paths]:
            chosen.select(model.index(row, 0), model.index(row, len(HEADERS) - 1))
        selected.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _fill(self, row: int, run: Run, *, is_current: bool) -> None:
        for column, text in enumerate(_texts(run, is_current=is_current)):
            item = QTableWidgetItem(text)
            item.setToolTip(_details(run))
            if column in (MINUTES, CLASSES, IOU):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)

    def _dress_headers(self) -> None:
        rows, columns = headers(self)
        rows.hide()
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.setMinimumSectionSize(16)
        for column, (title, tooltip) in enumerate(zip(HEADERS, TOOLTIPS, strict=True)):
            item = QTableWidgetItem(title)
            item.setToolTip(tooltip)
            self.setHorizontalHeaderItem(column, item)
            mode = QHeaderView.ResizeMode.Stretch if column == NAME else QHeaderView.ResizeMode.Fixed
            columns.setSectionResizeMode(column, mode)
        columns.setResizeContentsPrecision(VISIBLE_ROWS)  # of hundreds of rows, not all are measured


def _texts(run: Run, *, is_current: bool) -> tuple[str, ...]:
    name, _, when = model_label(run.path).rpartition(", ")
    if run.problem:
        return "", name, when, "", "", "unreadable"
    minutes = "–" if run.minutes is None else f"{run.minutes:.1f}" if run.minutes < 10 else f"{run.minutes:.0f}"
    iou = "–" if run.mean_iou is None else f"{run.mean_iou:.2f}"
    return "●" if is_current else "", name, when, minutes, str(len(run.classes)), iou


def _details(run: Run) -> str:
    if run.problem:
        return run.problem
    learnt = ", ".join(list(run.labels or {})[:5])
    return f"{run.path}\nClasses: {', '.join(run.classes)}\nLearnt from: {learnt}"
