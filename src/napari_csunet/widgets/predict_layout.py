"""What the Predict panel looks like in each state; knows no layers and no network."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QLabel,
    QRadioButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_csunet.classes import ClassTable
from napari_csunet.reports import Progress
from napari_csunet.widgets.class_table import headers, swatch
from napari_csunet.widgets.docking import in_scroll_area
from napari_csunet.widgets.fine_tune_layout import button, heading, progress_bar, row
from napari_csunet.widgets.model_combo import ModelCombo
from napari_csunet.widgets.status import Status

VISIBLE_ROWS = 8


class PredictLayout:
    """The controls of the panel, from top to bottom, and which of them are shown and enabled."""

    def __init__(self, owner: QWidget) -> None:
        self.model = ModelCombo()
        self._model_label = QLabel()
        self._model_label.setObjectName("model_label")
        self._model_label.setWordWrap(True)
        self.on_shown = _radio("shown", "on_shown_radio", "Predict the micrographs that are visible now.")
        self.on_all = _radio("all", "on_all_radio", "Predict every micrograph in the layer list.")
        self.on_shown.setChecked(True)
        self.views = _check(
            "sharpen by 8 views (8× time)",
            "views_check",
            "Average over turned and mirrored views: sharper, takes 8 times as long.",
        )
        self.unsure = _check(
            "show where it is unsure",
            "unsure_check",
            "Add a layer that is bright where two classes are about equally likely: label more there.",
        )
        self.unsure.setChecked(True)
        self.probability = _check(
            "add probability of each class",
            "probability_check",
            "Add a layer with the probability of each class; the slider below the picture chooses the class.",
        )
        self.start = button("Predict", "predict_button", "Apply the model and add the masks as layers.")
        self.stop = button("Stop", "predict_stop_button", "End now and keep the masks that are ready.")
        self.hint = QLabel()
        self.hint.setObjectName("predict_hint_label")
        self.hint.setWordWrap(True)
        self.progress = progress_bar("predict_progress_bar", "How far the prediction is, and how long it will take.")
        self._fraction_heading = heading("Area fractions")
        self.fractions = _fraction_table()
        self.export = button(
            "Export masks…",
            "export_button",
            "Save all masks as TIFF with pixel size, their classes, and the area fractions as a table.",
        )
        self.status = Status("predict_status_label")
        content = QWidget()
        self._arrange(content)
        in_scroll_area(owner, content)
        for widget in (self.progress, self._fraction_heading, self.fractions):
            widget.hide()

    def say_model(self, sentence: str) -> None:
        self._model_label.setText(sentence)

    def show_state(self, *, running: bool, stopping: bool, hint: str) -> None:
        self.start.setEnabled(not running and not hint)
        self.stop.setEnabled(running and not stopping)
        self.stop.setText("Stopping…" if stopping else "Stop")
        self.model.setEnabled(not running)
        self._model_label.setVisible(self.model.path() is not None)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint) and not running)

    def show_export(self, masks: int, *, busy: bool) -> None:
        self.export.setEnabled(masks > 0 and not busy)
        self.export.setText("Exporting…" if busy else f"Export {masks} masks…" if masks > 1 else "Export masks…")

    def begin(self) -> None:
        self.status.say("")
        self.progress.setRange(0, 0)
        self.progress.setFormat("")
        self.progress.show()

    def show_progress(self, progress: Progress, name: str) -> None:
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * progress.share))
        parts = (f"{progress.share:.0%}".replace("%", " %"), name, progress.time_left)
        self.progress.setFormat(" · ".join(part for part in parts if part))

    def end(self) -> None:
        self.progress.hide()

    def show_fractions(self, fractions: Mapping[str, Mapping[str, float]], classes: ClassTable) -> None:
        """One row a micrograph, one column a class."""
        table = self.fractions
        table.setColumnCount(1 + len(classes))
        table.setRowCount(len(fractions))
        table.setHorizontalHeaderItem(0, QTableWidgetItem(""))
        for column, entry in enumerate(classes.classes, start=1):
            table.setHorizontalHeaderItem(column, QTableWidgetItem(swatch(entry.colour), entry.name))
        for line, (name, shares) in enumerate(fractions.items()):
            table.setItem(line, 0, QTableWidgetItem(name))
            for column, entry in enumerate(classes.classes, start=1):
                table.setItem(line, column, _number(shares.get(entry.name)))
        lines, columns = headers(table)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        rows = min(VISIBLE_ROWS, len(fractions))
        table.setFixedHeight(columns.sizeHint().height() + rows * lines.defaultSectionSize() + 6)
        self._fraction_heading.show()
        table.show()

    def _arrange(self, content: QWidget) -> None:
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addWidget(heading("Model"))
        layout.addWidget(self.model)
        layout.addWidget(self._model_label)
        layout.addWidget(heading("Micrographs"))
        line = row((QLabel("On"), 0), (self.on_shown, 0), (self.on_all, 0))
        line.addStretch()
        layout.addLayout(line)
        for widget in (self.views, self.unsure, self.probability):
            layout.addWidget(widget)
        layout.addLayout(row((self.start, 3), (self.stop, 1)))
        results: list[QWidget] = [
            self.hint,
            self.progress,
            self.status,
            self._fraction_heading,
            self.fractions,
            self.export,
        ]
        for part in results:
            layout.addWidget(part)
        layout.addStretch()


def _radio(text: str, name: str, tooltip: str) -> QRadioButton:
    made = QRadioButton(text)
    made.setObjectName(name)
    made.setToolTip(tooltip)
    return made


def _check(text: str, name: str, tooltip: str) -> QCheckBox:
    made = QCheckBox(text)
    made.setObjectName(name)
    made.setToolTip(tooltip)
    return made


def _fraction_table() -> QTableWidget:
    table = QTableWidget()
    table.setObjectName("area_fraction_table")
    table.setToolTip("Share of each class among the pixels of a micrograph.")
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    rows, columns = headers(table)
    rows.hide()
    columns.setMinimumSectionSize(48)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return table


def _number(share: float | None) -> QTableWidgetItem:
    item = QTableWidgetItem("–" if share is None or share != share else f"{share:.2f}")
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
