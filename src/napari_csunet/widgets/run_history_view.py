"""The fold "History of runs": the table, what can be done with the chosen runs, and their comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QMessageBox, QVBoxLayout, QWidget

from napari_csunet.widgets.fold import Fold
from napari_csunet.widgets.models import model_label
from napari_csunet.widgets.panel_parts import button, row, sentence
from napari_csunet.widgets.run_comparison import RunComparison
from napari_csunet.widgets.run_table import RunTable
from napari_csunet.widgets.runs import Run

Yes = QMessageBox.StandardButton.Yes


class RunHistoryView(QWidget):
    """``opened`` when somebody unfolds it; the other signals tell which runs are meant."""

    opened = Signal()
    current_wanted = Signal(object)
    removal_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._content = QWidget()
        self._fold = Fold("run_history_button", self._content)
        self._fold.setText("History of runs")
        self._fold.setToolTip("Earlier trainings: go back to one, compare two, delete some.")
        self._empty = sentence("run_history_label")
        self._table = RunTable()
        self._make_current = button("Make current", "make_current_button", "Predict with this run, and go on from it.")
        self._compare = button("Compare", "compare_runs_button", "IoU of each class of two runs, side by side.")
        self._delete = button("Delete…", "delete_runs_button", "Put the files of the chosen runs into the trash.")
        self._comparison = RunComparison()
        self._arrange()
        self._connect()
        self._refresh_controls()

    @property
    def is_open(self) -> bool:
        return self._fold.isChecked()

    def show_runs(self, runs: Sequence[Run], current: Path | None, *, is_reading: bool) -> None:
        if not self.is_open:
            return
        self._empty.setText("Reading…" if is_reading else "There is no run yet.")
        self._empty.setVisible(is_reading or not runs)
        before = [run.path for run in self._table.selected()]
        self._table.set_runs(runs, current)
        self._table.setVisible(bool(runs))
        if before != [run.path for run in self._table.selected()]:
            self._comparison.hide()
        self._refresh_controls()

    def ask_to_remove(self, paths: Sequence[Path], *, for_good: bool) -> bool:
        """Whether the user agrees."""
        some = model_label(paths[0]) if len(paths) == 1 else f"{len(paths)} runs"
        told = f"{some} cannot be put into the trash. Delete for good?" if for_good else f"Put {some} into the trash?"
        return QMessageBox.question(self, "Delete runs", told) == Yes

    def _arrange(self) -> None:
        inner = QVBoxLayout(self._content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addWidget(self._empty)
        inner.addWidget(self._table)
        inner.addLayout(row((self._make_current, 1), (self._compare, 1), (self._delete, 1)))
        inner.addWidget(self._comparison)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._fold)
        layout.addWidget(self._content)

    def _connect(self) -> None:
        self._fold.toggled.connect(self._on_fold_toggled)
        self._table.itemSelectionChanged.connect(self._on_selection_changed)
        self._make_current.clicked.connect(self._on_make_current_clicked)
        self._compare.clicked.connect(self._on_compare_clicked)
        self._delete.clicked.connect(self._on_delete_clicked)

    def _refresh_controls(self) -> None:
        chosen = self._table.selected()
        usable = [run for run in chosen if not run.problem]
        self._make_current.setEnabled(len(chosen) == len(usable) == 1)
        self._compare.setEnabled(len(chosen) == len(usable) == 2)
        self._delete.setEnabled(bool(chosen))

    def _on_fold_toggled(self, shown: bool) -> None:
        if shown:
            self.opened.emit()

    def _on_selection_changed(self) -> None:
        self._comparison.hide()
        self._refresh_controls()

    def _on_make_current_clicked(self) -> None:
        self.current_wanted.emit(self._table.selected()[0].path)

    def _on_compare_clicked(self) -> None:
        self._comparison.compare(*self._table.selected())

    def _on_delete_clicked(self) -> None:
        self.removal_wanted.emit([run.path for run in self._table.selected()])
