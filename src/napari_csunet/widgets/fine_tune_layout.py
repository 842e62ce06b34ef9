"""What the Fine-tune panel looks like in each state; knows no layers and no training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from napari.viewer import Viewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLineEdit

from napari_csunet.classes import ClassTable
from napari_csunet.reports import Progress
from napari_csunet.widgets.class_table import ClassTableEditor
from napari_csunet.widgets.config_form import ConfigForm
from napari_csunet.widgets.docking import in_scroll_area
from napari_csunet.widgets.empty_state import EmptyState
from napari_csunet.widgets.learning_curve import LearningCurve
from napari_csunet.widgets.micrograph_list import MicrographList
from napari_csunet.widgets.name_combo import NameCombo
from napari_csunet.widgets.status import Status

NEW_LABELS = "New labels"


class FineTuneLayout:
    """The controls of the panel, from top to bottom, and which of them are shown and enabled."""

    def __init__(self, owner: QWidget, viewer: Viewer, when_free: Callable[[Callable[[], None]], None]) -> None:
        """``when_free`` as in EmptyState."""
        self.micrographs = MicrographList()
        self.labels = NameCombo("labels_combo", "The label layer that belongs to the chosen micrograph.")
        self.labels.setPlaceholderText("no labels yet")
        self.new_labels = button(
            NEW_LABELS, "new_labels_button", "Paint on the chosen micrograph; an empty label layer is made if need be."
        )
        self.classes = ClassTableEditor()
        self.instant = QCheckBox("Instant answer")
        self.instant.setObjectName("instant_check")
        self.instant.setToolTip("After each stroke, show over the micrograph what the strokes so far lead to.")
        self.instant.setChecked(True)
        self.instant_status = Status("instant_label")
        self.form = ConfigForm()
        self.start = button("Fine-tune", "fine_tune_button", "Train the network on what you have painted.")
        self.stop = button("Stop", "stop_button", "End the training now and keep the best state so far.")
        self.hint = QLabel()
        self.hint.setObjectName("hint_label")
        self.hint.setWordWrap(True)
        self.progress = progress_bar("progress_bar", "How far the training is, and how long it will take.")
        self.curve = LearningCurve()
        self.status = Status("status_label")
        self.checkpoint = QElidingLineEdit()
        self.checkpoint.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.checkpoint.setObjectName("checkpoint_label")
        self.checkpoint.setReadOnly(True)
        self.checkpoint.setFrame(False)
        self.checkpoint.setToolTip("The file that holds the trained network. Click it to copy its path.")
        self.next = button("Predict", "next_step_button", "Open the Predict panel and apply the new network.")
        self._stack = QStackedWidget()
        self.empty = EmptyState(viewer, when_free)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._working_page())
        in_scroll_area(owner, self._stack)
        self._area = owner.findChild(QScrollArea)
        for widget in (self.progress, self.curve, self.checkpoint, self.next):
            widget.hide()

    def show_empty(self, empty: bool) -> None:
        self._stack.setCurrentIndex(0 if empty else 1)

    def show_labels(self, names: Sequence[str], current: str | None) -> None:
        self.labels.show_names(names, current)
        self.new_labels.setText(NEW_LABELS if current is None else "Paint labels")

    def show_state(self, *, running: bool, stopping: bool, hint: str, note: str) -> None:
        """``hint`` says why the training cannot start, ``note`` something else about the labels."""
        self.start.setEnabled(not running and not hint)
        self.stop.setEnabled(running and not stopping)
        self.stop.setText("Stopping…" if stopping else "Stop")
        self.form.setEnabled(not running)
        self.hint.setText("\n".join(filter(None, (note, hint))))
        self.hint.setVisible(bool(note or hint) and not running)

    def begin(self, classes: ClassTable) -> None:
        self.curve.clear(classes)
        self.status.say("Getting ready…")
        self.progress.setRange(0, 0)
        self.progress.setFormat("")
        for widget in (self.progress, self.curve):
            widget.show()
        self.checkpoint.hide()
        self.next.hide()

    def show_progress(self, progress: Progress) -> None:
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * progress.share))
        parts = (f"{progress.share:.0%}".replace("%", " %"), progress.time_left)
        self.progress.setFormat(" · ".join(filter(None, parts)))

    def end(self, checkpoint: Path | None, micrographs: int) -> None:
        self.progress.hide()
        self.checkpoint.setVisible(checkpoint is not None)
        self.checkpoint.setText(str(checkpoint or ""))
        self.next.setVisible(checkpoint is not None)
        self.next.setText(
            f"Predict on all {micrographs} micrographs" if micrographs > 1 else "Predict on this micrograph"
        )
        QTimer.singleShot(0, self._show_end)

    def _show_end(self) -> None:
        """Scrolls to what the training has brought, where the window is too low for all."""
        for widget in (self.status, self.next):
            self._area.ensureWidgetVisible(widget)

    def _working_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addWidget(heading("1  Micrographs and labels"))
        layout.addWidget(self.micrographs)
        layout.addLayout(row((self.labels, 1), (self.new_labels, 0)))
        layout.addWidget(self.classes)
        layout.addWidget(self.instant)
        layout.addWidget(self.instant_status)
        layout.addWidget(heading("2  Fine-tune"))
        layout.addWidget(self.form)
        layout.addLayout(row((self.start, 3), (self.stop, 1)))
        layout.addWidget(self.hint)
        layout.addWidget(self.progress)
        layout.addWidget(self.curve, 100)
        layout.addWidget(self.status)
        layout.addWidget(self.checkpoint)
        layout.addWidget(self.next)
        layout.addStretch(1)
        return page


def button(text: str, name: str, tooltip: str) -> QPushButton:
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(tooltip)
    return made


def progress_bar(name: str, tooltip: str) -> QProgressBar:
    bar = QProgressBar()
    bar.setObjectName(name)
    bar.setToolTip(tooltip)
    bar.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return bar


def heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def row(*parts: tuple[QWidget, int]) -> QHBoxLayout:
    """Widgets beside each other, each with its share of the room."""
    layout = QHBoxLayout()
    for widget, stretch in parts:
        layout.addWidget(widget, stretch)
    return layout
