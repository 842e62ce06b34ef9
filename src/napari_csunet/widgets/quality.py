"""*How good is it?* at work: shows what a run has brought, marks errors, and asks what takes a while in a thread."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.errors import first_message
from napari_csunet.inference.error_map import ErrorMap
from napari_csunet.inference.label_curve_reports import LabelCurveReport
from napari_csunet.training.leave_one_out_reports import FEWEST, MOST, LeaveOneOutReport, time_told
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.error_overlay import Compared, ErrorOverlay, compared
from napari_csunet.widgets.layers import classes_of, finest, snapshot
from napari_csunet.widgets.long_question import LongQuestion
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.quality_view import HIDE_ERRORS, LEAVE_OUT, SHOW_ERRORS, QualityView
from napari_csunet.widgets.quality_words import errors_told, left_out_told
from napari_csunet.widgets.quality_work import curve_over, errors_between, leave_out_each
from napari_csunet.widgets.runs import Run
from napari_csunet.widgets.training_material import TrainingMaterial

BUSY = "Wait for the question under How good is it?, or stop it"
TRAINING = "While a network trains, these questions must wait."
TOO_FEW = "Both questions need two labelled micrographs. Label a second one."
TOO_MANY = (
    f"Leaving one out is for {FEWEST} to {MOST} labelled micrographs: keep some to judge by instead (validation)."
)


class QualitySection(QObject):
    """``busy_changed``: a long question has begun or is over; no training may run beside it.

    material: what trains now. config: the settings of a training; may raise ValueError.
    """

    busy_changed = Signal(bool)

    def __init__(
        self,
        viewer: ViewerModel,
        view: QualityView,
        opened: OpenMicrographs,
        classes: Callable[[], ClassTable],
        material: Callable[[], TrainingMaterial],
        config: Callable[[], TrainingConfig],
    ) -> None:
        super().__init__()
        self._viewer, self._view, self._open = viewer, view, opened
        self._classes, self._material, self._config = classes, material, config
        self._run: Run | None = None
        self._about: Compared | None = None
        self._overlay = ErrorOverlay(viewer)
        self._leave_out = LongQuestion("Leave one out", view.leave_out, view.leave_out_told)
        self._one_more = LongQuestion("One more micrograph?", view.one_more, view.one_more_told)
        self._errors = Background()
        self._connect()

    @property
    def backgrounds(self) -> list[Background]:
        return [self._leave_out.background, self._one_more.background, self._errors]

    @property
    def obstacle(self) -> str:
        """Why a training cannot start now; empty if it can."""
        return BUSY if self._is_busy else ""

    def show_run(self, run: Run | None) -> None:
        """The run that was made current; nothing is shown without one."""
        if run is not self._run:
            self._overlay.hide()
            self._view.errors_told.say("")
            self._run = run
            self._view.show_run(run)

    def refresh(self, labelled: int, *, is_training: bool) -> None:
        """``labelled``: how many micrographs with labels train."""
        view, free = self._view, not is_training and not self._is_busy
        self._leave_out.set_title(f"{LEAVE_OUT}{self._time_told(labelled)}")
        view.leave_out.setEnabled(self._leave_out.is_running or (free and FEWEST <= labelled <= MOST))
        view.one_more.setEnabled(self._one_more.is_running or (free and labelled >= FEWEST))
        hint = TRAINING if is_training else TOO_FEW if labelled < FEWEST else TOO_MANY if labelled > MOST else ""
        view.hint.setText(hint)
        view.hint.setVisible(bool(hint))

    def training_begins(self) -> None:
        self._overlay.hide()

    def stop(self) -> None:
        """For closing."""
        self._leave_out.end()
        self._one_more.end()
        self._errors.stop()

    def disconnect_viewer(self) -> None:
        self._overlay.hide()

    @property
    def _is_busy(self) -> bool:
        return self._leave_out.is_running or self._one_more.is_running

    def _connect(self) -> None:
        view = self._view
        view.errors.clicked.connect(self._on_errors_clicked)
        self._overlay.hidden.connect(self._on_overlay_hidden)
        self._errors.reported.connect(self._on_errors_reported)
        self._errors.failed.connect(view.errors_told.say_error)
        self._leave_out.asked.connect(self._on_leave_out_asked)
        self._leave_out.reported.connect(self._on_leave_out_reported)
        self._one_more.asked.connect(self._on_one_more_asked)
        self._one_more.reported.connect(self._on_one_more_reported)
        for question in (self._leave_out, self._one_more):
            question.ended.connect(self._on_question_ended)

    def _time_told(self, labelled: int) -> str:
        """Behind the title of the button, such as " (about 15 min)"."""
        try:
            config = self._config()
        except ValueError:
            return ""
        return f" ({time_told(labelled, config).rpartition(': ')[2]})" if FEWEST <= labelled <= MOST else ""

    def _on_errors_clicked(self) -> None:
        if self._overlay.is_shown:
            self._overlay.hide()
            return
        about = compared(self._viewer, self._open)
        if isinstance(about, str):
            self._view.errors_told.say(about)
        elif not self._errors.is_running:
            self._about = about
            pixels = (snapshot(finest(layer)) for layer in (about.labels, about.mask))
            of_mask = classes_of(about.mask.metadata)
            self._errors.start(errors_between, *pixels, self._classes(), of_mask)

    def _on_errors_reported(self, found: ErrorMap) -> None:
        about = self._about
        if about is None:
            return
        if found.judged:
            self._overlay.show(about, found, self._classes())
        self._view.errors.setText(HIDE_ERRORS if self._overlay.is_shown else SHOW_ERRORS)
        learnt = not about.is_from_network or self._run is None or self._run.learnt_from([about.micrograph.name])
        self._view.errors_told.say(errors_told(found, about.mask.name, learnt))
        self._view.answered.emit(self._view.errors_told)

    def _on_overlay_hidden(self) -> None:
        self._view.errors.setText(SHOW_ERRORS)
        self._view.errors_told.say("")

    def _on_leave_out_asked(self) -> None:
        try:
            config = self._config()
        except ValueError as error:
            self._view.leave_out_told.say(f"The settings do not fit together: {first_message(error)}.")
            return
        self._view.left_out.hide()
        self._leave_out.start(leave_out_each, self._material().training, self._classes(), config)
        self.busy_changed.emit(True)

    def _on_leave_out_reported(self, report: LeaveOneOutReport) -> None:
        self._view.leave_out_told.say(left_out_told(report))
        if report.results:
            self._view.left_out.show_results(report.results)
            self._view.left_out.show()
        if report.is_final:
            self._view.answered.emit(self._view.left_out)

    def _on_one_more_asked(self) -> None:
        self._view.curve.hide()
        self._one_more.start(curve_over, self._material().training, self._classes(), self._device())
        self.busy_changed.emit(True)

    def _device(self) -> str:
        try:
            return self._config().device
        except ValueError:
            return "auto"

    def _on_one_more_reported(self, report: LabelCurveReport) -> None:
        self._view.one_more_told.say(report.curve.verdict if report.curve else f"Looking… {report.progress.time_left}")
        if report.curve is not None:
            self._view.curve.show_curve(report.curve)
            self._view.curve.show()
            self._view.answered.emit(self._view.curve)

    def _on_question_ended(self) -> None:
        self.busy_changed.emit(self._is_busy)
