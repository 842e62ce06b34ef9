"""What the Measure panel looks like in each state; knows no layers."""

from __future__ import annotations

from qtpy.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from napari_csunet.reports import Progress
from napari_csunet.widgets.clean_up import CleanUpForm
from napari_csunet.widgets.closed_masks_offer import ClosedMasksOffer
from napari_csunet.widgets.fold import Fold
from napari_csunet.widgets.mask_adding import ADD, MaskOffer
from napari_csunet.widgets.mask_agreement import AgreementTable
from napari_csunet.widgets.mask_laying import LayOffer
from napari_csunet.widgets.mask_list import MaskList
from napari_csunet.widgets.measure_choices import AS_THEY_LOOK, BORDERS, CLASSES, NUMBERS
from napari_csunet.widgets.measure_class_table import MeasureClassTable
from napari_csunet.widgets.measure_halves import Halves
from napari_csunet.widgets.measure_view import MeasureView
from napari_csunet.widgets.name_combo import NameCombo
from napari_csunet.widgets.panel_parts import button, check, heading, progress_bar, row, sentence
from napari_csunet.widgets.pixel_size_field import PixelSizeField
from napari_csunet.widgets.report_folder import ReportButtons
from napari_csunet.widgets.scale_bar import ScaleBarForm
from napari_csunet.widgets.status import Status

SLICES = ("all slices", "the shown slice")
ZERO = "In masks that say nothing about their classes, 0 is the background and is measured, too."
VALUES = (
    "What the values of masks without a class table are: one for each class, or a number for each object. The program "
    "takes more than 50 values, or one region for each of ten or more, for numbers of objects."
)
DATABAR = "Measure the band with text at the border of a micrograph like the rest of it."
BORDER = (
    "What to do with objects that the border of the micrograph cuts: large ones are cut more often than small ones."
)
COMPARE = "How well the two checked masks agree, such as those of two people: IoU, Dice, distance of boundaries."
EXPORT = "Write report, tables, plots, overlays and masks into one folder."


class MeasureLayout:
    """The controls of the panel, from top to bottom, and which of them are shown and enabled."""

    def __init__(self, owner: QWidget) -> None:
        self._make_masks()
        self._make_choices()
        self._make_actions()
        self.view = MeasureView()
        upper, lower = QWidget(), QWidget()
        self._arrange_upper(upper)
        self._arrange_lower(lower)
        self._halves = Halves(upper, lower)
        self._halves.fill(owner)
        for fold in (self.clean_up_fold, self._more):
            fold.toggled.connect(self._on_fold_toggled)
        self.scale_bar.begun.connect(lambda: self._halves.bring_into_view(self.scale_bar))
        for part in (self.progress, self.view, self.classes_note, self.values_row):
            part.hide()

    def _make_masks(self) -> None:
        self.masks = MaskList()
        self.add_masks = button("Add masks…", "add_masks_button", ADD)
        self.offer = MaskOffer()
        self.lay, self.closed = LayOffer(), ClosedMasksOffer()
        self.classes = MeasureClassTable()
        self.classes_note = sentence("measure_classes_label")

    def _make_choices(self) -> None:
        self.pixel_size = PixelSizeField()
        self.scale_bar = ScaleBarForm()
        self.slices = NameCombo("slices_combo", "Of stacks, measure each slice, or only the one on screen.")
        self.slices.show_names(SLICES, SLICES[0])
        self.border = NameCombo("border_combo", BORDER)
        self.border.show_names(list(BORDERS), next(iter(BORDERS)))
        self.values = NameCombo("mask_values_combo", VALUES)
        self.values.show_names((AS_THEY_LOOK, CLASSES, NUMBERS), AS_THEY_LOOK)
        self.values_row = QWidget()
        values = row((QLabel("Values are"), 0), (self.values, 1))
        values.setContentsMargins(0, 0, 0, 0)
        self.values_row.setLayout(values)
        self.zero = check("0 is the background", "zero_is_background_check", ZERO, checked=True)
        self.databar = check("measure the databar, too", "measure_databar_check", DATABAR, checked=False)
        self.clean_up = CleanUpForm()
        self.clean_up_fold = Fold("clean_up_button", self.clean_up)
        self.clean_up_fold.setText("clean up")
        self.clean_up_fold.setToolTip("Remove specks, fill holes, smooth boundaries, tell touching objects apart.")
        self._more_content = self._advanced()
        self._more = Fold("measure_more_button", self._more_content)

    def _advanced(self) -> QWidget:
        holder = QWidget()
        form = QFormLayout(holder)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("At the border", self.border)
        form.addRow(self.zero)
        form.addRow(self.databar)
        return holder

    def _make_actions(self) -> None:
        self.start = button("Measure", "measure_button", "Measure the checked masks.")
        self.stop = button("Stop", "measure_stop_button", "End now. What was measured before stays.")
        self.hint = QLabel()
        self.hint.setObjectName("measure_hint_label")
        self.hint.setWordWrap(True)
        self.progress = progress_bar("measure_progress_bar", "How far the measurement or the export is.")
        self.status = Status("measure_status_label")
        self.compare = button("Compare these two", "compare_masks_button", COMPARE)
        self.agreement = AgreementTable()
        self.export = button("Export…", "export_report_button", EXPORT)
        self.report = ReportButtons()

    def show_state(self, *, running: bool, stopping: bool, hint: str) -> None:
        self.start.setEnabled(not running and not hint)
        self.export.setEnabled(not running and not hint)
        self.stop.setEnabled(running and not stopping)
        self.stop.setText("Stopping…" if stopping else "Stop")
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint) and not running)

    def show_meaning(self, words: str) -> None:
        """How the values of the checked masks were read, or why they cannot be; empty if a class table says it."""
        self.classes_note.setText(words)
        self.classes_note.setVisible(bool(words))
        self.values_row.setVisible(bool(words) or self.values.currentText() != AS_THEY_LOOK)

    def show_stacks(self, any_stack: bool) -> None:
        self.slices.setVisible(any_stack)

    def show_pair(self, is_pair: bool, *, running: bool) -> None:
        """Whether two masks that can be compared are checked."""
        self.compare.setVisible(is_pair)
        self.compare.setEnabled(not running)
        self.agreement.setVisible(is_pair and self.agreement.rowCount() > 0)

    def begin(self, sentence: str) -> None:
        self.status.say(sentence)
        self.progress.setRange(0, 0)
        self.progress.setFormat("")
        self.progress.show()

    def show_progress(self, progress: Progress, doing: str) -> None:
        if progress.total == 0:
            return
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * progress.share))
        share = f"{progress.share:.0%}".replace("%", " %")
        self.progress.setFormat(" · ".join(part for part in (share, progress.time_left) if part))
        self.status.say(f"{doing[:1].upper()}{doing[1:]}…" if doing else "")

    def end(self) -> None:
        self.progress.hide()

    def _arrange_upper(self, content: QWidget) -> None:
        layout = _column(content)
        layout.addLayout(row((heading("Masks"), 1), (self.add_masks, 0)))
        for top in (self.masks, self.offer, self.lay, self.closed, self.classes, self.classes_note, self.values_row):
            layout.addWidget(top)
        layout.addLayout(row((QLabel("Pixel size"), 0), (self.pixel_size, 1), (self.scale_bar.open, 0)))
        layout.addWidget(self.scale_bar)
        folds = row((self.clean_up_fold, 0), (self.slices, 1))
        folds.addStretch()
        folds.addWidget(self._more)
        layout.addLayout(folds)
        layout.addWidget(self.clean_up)
        layout.addWidget(self._more_content)
        layout.addStretch()

    def _arrange_lower(self, content: QWidget) -> None:
        layout = _column(content)
        layout.addLayout(row((self.start, 3), (self.stop, 1)))
        for part in (self.hint, self.progress, self.compare, self.agreement, self.status):
            layout.addWidget(part)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.export)
        layout.addWidget(self.report)
        layout.addStretch()

    def _on_fold_toggled(self, _: bool) -> None:
        self._halves.set_unfolded(self.clean_up_fold.isChecked() or self._more.isChecked())


def _column(content: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(content)
    layout.setContentsMargins(8, 6, 8, 6)
    layout.setSpacing(5)
    return layout
