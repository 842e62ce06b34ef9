"""What the Fine-tune panel looks like in each state; knows no layers and no training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from napari.viewer import Viewer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from napari_csunet.classes import ClassTable
from napari_csunet.reports import Progress
from napari_csunet.widgets.check_list import CheckList
from napari_csunet.widgets.class_table import ClassTableEditor
from napari_csunet.widgets.config_form import ConfigForm
from napari_csunet.widgets.docking import in_scroll_area
from napari_csunet.widgets.empty_state import EmptyState
from napari_csunet.widgets.label_next import KEY_TEXT
from napari_csunet.widgets.label_next_form import LabelNextForm
from napari_csunet.widgets.learning_curve import LearningCurve
from napari_csunet.widgets.micrograph_list import MicrographList
from napari_csunet.widgets.name_combo import NameCombo
from napari_csunet.widgets.overlay_key import KEY_TEXT as KEY_OF_OVERLAY
from napari_csunet.widgets.panel_parts import button, check, heading, path_line, progress_bar, row, sentence
from napari_csunet.widgets.quality_view import QualityView
from napari_csunet.widgets.run_history_view import RunHistoryView
from napari_csunet.widgets.status import Status

NEW_LABELS = "New labels"
NEW_LABELS_TOLD = "Paint on the chosen micrograph; an empty label layer is made if need be."
INSTANT_TOLD = (
    "After each stroke, show over the micrograph what the strokes so far lead to.\n"
    f"{KEY_OF_OVERLAY} hides it, or the mask, and brings it back."
)
NOTHING_TO_CONTINUE = "There is no run of these micrographs yet. Fine-tune first, or make a run current below."
CHECKPOINT_TOLD = "The file that holds the trained network. Click it to copy its path."


class FineTuneLayout:
    """The controls of the panel, from top to bottom, and which of them are shown and enabled."""

    def __init__(self, owner: QWidget, viewer: Viewer, when_free: Callable[[Callable[[], None]], None]) -> None:
        """``when_free`` as in EmptyState."""
        self.guide = button(
            "Guide", "guide_button", "Five steps from a micrograph to masks, each shown where it is done."
        )
        self.micrographs = MicrographList()
        self.labels = NameCombo("labels_combo", "The label layer that belongs to the chosen micrograph.")
        self.labels.setPlaceholderText("no labels yet")
        self.new_labels = button(NEW_LABELS, "new_labels_button", NEW_LABELS_TOLD)
        self.classes = ClassTableEditor()
        self.instant = check("Instant answer", "instant_check", INSTANT_TOLD, checked=True)
        self.instant_status = Status("instant_label")
        self.label_next = LabelNextForm(KEY_TEXT)
        self.form = ConfigForm()
        self.checks = CheckList()
        self.start = button("Fine-tune", "fine_tune_button", "Train the network on what you have painted.")
        self.go_on = button("Continue", "continue_button", "")
        self.stop = button("Stop", "stop_button", "End the training now and keep the best state so far.")
        self.hint = sentence("hint_label")
        self.progress = progress_bar("progress_bar", "How far the training is, and how long it will take.")
        self.curve = LearningCurve()
        self.status = Status("status_label")
        self.checkpoint = path_line("checkpoint_label", CHECKPOINT_TOLD)
        self.next = button("Predict", "next_step_button", "Open the Predict panel and apply the new network.")
        self.quality = QualityView()
        self.history = RunHistoryView()
        self.show_continue("")
        self.empty = EmptyState(viewer, when_free)
        self._stack = self._make_stack(owner)
        self._area = owner.findChild(QScrollArea)
        self.quality.answered.connect(self._scroll_to)
        for widget in (self.progress, self.curve, self.checkpoint, self.next):
            widget.hide()

    def show_empty(self, empty: bool) -> None:
        self._stack.setCurrentIndex(0 if empty else 1)

    def show_labels(self, names: Sequence[str], current: str | None) -> None:
        self.labels.show_names(names, current)
        self.new_labels.setText(NEW_LABELS if current is None else "Paint labels")

    def show_state(self, *, running: bool, stopping: bool, hint: str, note: str, waiting: str) -> None:
        """``hint`` says why the training cannot start, ``note`` something else about the labels.

        waiting: which painted classes must wait for the next training; said during a training, too.
        """
        self.start.setEnabled(not running and not hint)
        self.go_on.setEnabled(self.start.isEnabled() and self._may_continue)
        self.stop.setEnabled(running and not stopping)
        self.stop.setText("Stopping…" if stopping else "Stop")
        self.form.setEnabled(not running)
        said = [sentence for sentence in ((waiting,) if running else (note, hint, waiting)) if sentence]
        self.hint.setText("\n".join(said))
        self.hint.setVisible(bool(said))

    def show_continue(self, label: str) -> None:
        """``label``: the run that the training would go on from; empty if there is none."""
        self._may_continue = bool(label)
        self.go_on.setToolTip(f"Go on from {label}, with the labels as they are now." if label else NOTHING_TO_CONTINUE)

    def begin(self, classes: ClassTable) -> None:
        self.curve.clear(classes)
        self.status.say("Getting ready…")
        self.progress.setRange(0, 0)
        self.progress.setFormat("")
        for widget in (self.progress, self.curve):
            widget.show()
        self.hide_result()

    def show_progress(self, progress: Progress) -> None:
        self._show_share(progress, f"{progress.share:.0%}".replace("%", " %"))

    def show_preparation(self, progress: Progress) -> None:
        """Before the first step, which takes from the minutes, too."""
        self._show_share(progress, f"preparing for {progress.elapsed_s:.0f} s")

    def _show_share(self, progress: Progress, told: str) -> None:
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * progress.share))
        self.progress.setFormat(" · ".join(filter(None, (told, progress.time_left))))

    def hide_result(self) -> None:
        """The checkpoint that was shown is no more."""
        self.checkpoint.hide()
        self.next.hide()

    def end(self, checkpoint: Path | None, micrographs: int) -> None:
        self.progress.hide()
        self.checkpoint.setVisible(checkpoint is not None)
        self.checkpoint.setText(str(checkpoint or ""))
        self.next.setVisible(checkpoint is not None)
        self.next.setText(
            f"Predict on all {micrographs} micrographs" if micrographs > 1 else "Predict on this micrograph"
        )
        QTimer.singleShot(0, self._show_end)

    def show_history(self) -> None:
        """Scrolls to the history, once it is unfolded."""
        self._scroll_to(self.history)

    def _scroll_to(self, widget: QWidget) -> None:
        """Once it has its place."""
        QTimer.singleShot(0, lambda: self._area.ensureWidgetVisible(widget))

    def _show_end(self) -> None:
        """Scrolls to what the training has brought, where the window is too low for all."""
        for widget in (self.status, self.next):
            self._area.ensureWidgetVisible(widget)

    def _make_stack(self, owner: QWidget) -> QStackedWidget:
        stack = QStackedWidget()
        stack.addWidget(self.empty)
        stack.addWidget(self._working_page())
        in_scroll_area(owner, stack)
        return stack

    def _working_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addLayout(row((heading("1  Micrographs and labels"), 1), (self.guide, 0)))
        layout.addWidget(self.micrographs)
        layout.addLayout(row((self.labels, 1), (self.new_labels, 0)))
        layout.addWidget(self.classes)
        layout.addWidget(self.instant)
        layout.addWidget(self.instant_status)
        layout.addWidget(self.label_next)
        layout.addWidget(heading("2  Fine-tune"))
        layout.addWidget(self.form)
        layout.addWidget(self.checks)
        layout.addLayout(row((self.start, 3), (self.go_on, 2), (self.stop, 1)))
        layout.addWidget(self.hint)
        layout.addWidget(self.progress)
        layout.addWidget(self.curve, 100)
        layout.addWidget(self.status)
        layout.addWidget(self.checkpoint)
        layout.addWidget(self.next)
        layout.addWidget(self.quality)
        layout.addWidget(self.history)
        layout.addStretch(1)
        return page
