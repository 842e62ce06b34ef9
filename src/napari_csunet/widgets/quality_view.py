"""The fold *How good is it?*: figures of a run, its confusion, its errors, and two questions that take a while."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_csunet.widgets.confusion_picture import ConfusionPicture
from napari_csunet.widgets.fold import Fold
from napari_csunet.widgets.label_curve_plot import LabelCurvePlot
from napari_csunet.widgets.panel_parts import button, sentence
from napari_csunet.widgets.quality_table import ClassScoreTable, LeftOutTable
from napari_csunet.widgets.quality_words import judged_on
from napari_csunet.widgets.runs import Run
from napari_csunet.widgets.status import Status

SHOW_ERRORS, HIDE_ERRORS = "Show errors", "Hide errors"
LEAVE_OUT, ONE_MORE = "Leave one out", "Would one more micrograph help?"
ERRORS_TOLD = (
    "Over the shown micrograph, mark labelled pixels that the mask calls something else, in the label's colour."
)
LEAVE_OUT_TOLD = (
    "Train once without each labelled micrograph and judge by it: the most honest figure that few micrographs allow. "
    "The networks are not kept."
)
ONE_MORE_TOLD = "Let the instant answer learn from 1, 2, … of the labelled micrographs and see whether it still rises."


class QualityView(QWidget):
    """Hidden until a run has finished or another one is made current. ``answered``: a widget has news to be seen."""

    answered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._content = QWidget()
        self.fold = Fold("quality_fold", self._content)
        self.fold.setText("How good is it?")
        self.fold.setToolTip("Figures with their spread, confusion, errors, and whether more labels would help.")
        self.told = sentence("quality_label")
        self.table = ClassScoreTable()
        self.confusion = ConfusionPicture()
        self.errors = button(SHOW_ERRORS, "show_errors_button", ERRORS_TOLD)
        self.errors_told = Status("errors_label")
        self.leave_out = button(LEAVE_OUT, "leave_one_out_button", LEAVE_OUT_TOLD)
        self.leave_out_told = Status("leave_one_out_label")
        self.left_out = LeftOutTable()
        self.one_more = button(ONE_MORE, "one_more_button", ONE_MORE_TOLD)
        self.one_more_told = Status("one_more_label")
        self.curve = LabelCurvePlot()
        self.hint = sentence("quality_hint_label")
        self._arrange()
        self.fold.toggled.connect(self._on_fold_toggled)
        for widget in (self, self.left_out, self.curve):
            widget.hide()

    def show_run(self, run: Run | None) -> None:
        """Hides all if there is none."""
        self.setVisible(run is not None)
        scores = None if run is None else run.scores
        for widget in (self.table, self.confusion):
            widget.setVisible(scores is not None)
        if run is None:
            return
        self.told.setText(judged_on(run))
        if scores is not None:
            self.table.show_scores(scores, run.colours or {})
            self.confusion.set_scores(scores)

    def _on_fold_toggled(self, is_open: bool) -> None:
        if is_open:
            self.answered.emit(self.errors)

    def _arrange(self) -> None:
        inner = QVBoxLayout(self._content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(5)
        for widget in (
            *(self.told, self.table, self.confusion, self.errors, self.errors_told),
            *(self.leave_out, self.leave_out_told, self.left_out),
            *(self.one_more, self.one_more_told, self.curve, self.hint),
        ):
            inner.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.fold)
        layout.addWidget(self._content)
