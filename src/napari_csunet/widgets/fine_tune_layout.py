"""What the Fine-tune panel looks like in each state; knows no layers and no training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari.viewer import Viewer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
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
from napari_csunet.widgets.field_editors import CalmComboBox
from napari_csunet.widgets.learning_curve import LearningCurve
from napari_csunet.widgets.micrograph_list import MicrographList
from napari_csunet.widgets.status import Status


class FineTuneLayout:
    """The controls of the panel, from top to bottom, and which of them are shown and enabled."""

    def __init__(self, owner: QWidget, viewer: Viewer) -> None:
        self.micrographs = MicrographList()
        self.labels = CalmComboBox()
        self.labels.setObjectName("labels_combo")
        self.labels.setToolTip("The label layer that belongs to the chosen micrograph.")
        self.labels.setSizeAdjustPolicy(CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.new_labels = button(
            "New labels", "new_labels_button", "Make an empty label layer on the chosen micrograph, to paint on."
        )
        self.classes = ClassTableEditor()
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
        self._stack.addWidget(EmptyState(viewer))
        self._stack.addWidget(self._working_page())
        in_scroll_area(owner, self._stack)
        for widget in (self.progress, self.curve, self.checkpoint, self.next):
            widget.hide()

    def show_empty(self, empty: bool) -> None:
        self._stack.setCurrentIndex(0 if empty else 1)

    def show_labels(self, names: Sequence[str], current: str | None) -> None:
        self.labels.blockSignals(True)
        self.labels.clear()
        self.labels.addItems(names)
        self.labels.setPlaceholderText("no labels yet")
        self.labels.setCurrentIndex(self.labels.findText(current) if current else -1)
        self.labels.setEnabled(bool(names))
        self.labels.blockSignals(False)

    def show_state(self, *, running: bool, stopping: bool, hint: str) -> None:
        self.start.setEnabled(not running and not hint)
        self.stop.setEnabled(running and not stopping)
        self.stop.setText("Stopping…" if stopping else "Stop")
        self.form.setEnabled(not running)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint) and not running)

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

    def _working_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addWidget(heading("1  Micrographs and labels"))
        layout.addWidget(self.micrographs)
        layout.addLayout(row((QLabel("Labels"), 0), (self.labels, 1), (self.new_labels, 0)))
        layout.addWidget(self.classes)
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
