"""What the Predict panel looks like in each state; knows no layers and no network."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtWidgets import QLabel, QRadioButton, QVBoxLayout, QWidget

from napari_csunet.classes import ClassTable
from napari_csunet.config import AdaptingConfig, PredictionConfig
from napari_csunet.reports import Progress
from napari_csunet.widgets.correct_layout import CorrectForm
from napari_csunet.widgets.device_combo import DeviceCombo
from napari_csunet.widgets.docking import in_scroll_area
from napari_csunet.widgets.field_editors import CalmDoubleSpinBox, limits
from napari_csunet.widgets.fold import Fold
from napari_csunet.widgets.fraction_table import FractionTable
from napari_csunet.widgets.model_combo import ModelCombo
from napari_csunet.widgets.panel_parts import button, check, heading, progress_bar, row, sentence
from napari_csunet.widgets.status import Status
from napari_csunet.widgets.wanted import Wanted

VIEWS = (
    f"{PredictionConfig.model_fields['test_time_augmentation'].description} Helps most with micrographs that differ "
    "from those that were labelled."
)
UNSURE = "Add a layer that is bright where two classes are about equally likely: label more there."
PROBABILITY = "Add a layer with the probability of each class; the slider below the picture chooses the class."
ADAPT = (
    "Before it predicts, a copy of the model looks at these micrographs and learns from what it is sure of, without "
    "labels. Helps a little where they are blurrier or noisier than those that were labelled, hardly where they are "
    "alike. It does not mend what the model confuses, as when contrast is inverted: labels on one of these micrographs "
    "do. The original stays."
)
MATCH = (
    "Show the network micrographs of another magnification resampled to the pixel size that it was trained at. Masks "
    "have the size of the micrograph all the same."
)
PROJECT = (
    "Predict every micrograph of the project, also those that are closed. Their masks are saved with the project, and "
    "the list in Project shows them. A mask that somebody may have corrected is kept beside the new one."
)
CORRECT = "Turn masks into labels, and fill regions with one click, to train again on what you corrected."
EXPORT_MODEL = "Write the model as ONNX or as a bioimage.io package, for other programs."
EXPORT = "Save all masks as TIFF with pixel size, their classes, and the area fractions as a table."


class PredictLayout:
    """The controls of the panel, from top to bottom, and which of them are shown and enabled."""

    def __init__(self, owner: QWidget) -> None:
        self._make_choices()
        self._make_results()
        content = QWidget()
        self._arrange(content)
        in_scroll_area(owner, content)
        for widget in (self.progress, self._fraction_heading, self.fractions):
            widget.hide()

    def _make_choices(self) -> None:
        self.model = ModelCombo()
        self._model_label = sentence("model_label")
        self.on_shown = _radio("shown", "on_shown_radio", "Predict the micrographs that are visible now.")
        self.on_all = _radio("all", "on_all_radio", "Predict every micrograph in the layer list.")
        self.on_project = _radio("project", "on_project_radio", PROJECT)
        self.on_shown.setChecked(True)
        self.views = check("sharpen by views (up to 8× time)", "views_check", VIEWS, checked=False)
        self.unsure = check("show where it is unsure", "unsure_check", UNSURE, checked=True)
        self.probability = check("add probability of each class", "probability_check", PROBABILITY, checked=False)
        self.adapt = check("adapt to these micrographs first", "adapt_first_check", ADAPT, checked=False)
        self.adapt_minutes = _adapt_minutes_spin()
        self.adapt.toggled.connect(self.adapt_minutes.setEnabled)
        self.match = check("match the pixel size of the training", "match_pixel_size_check", MATCH, checked=True)
        self.device = DeviceCombo("predict_device_combo", PredictionConfig.model_fields["device"].description or "")
        self.export_model = button("Export model…", "open_export_model_button", EXPORT_MODEL)
        minutes, device = _labelled("Adapt for", self.adapt_minutes), _labelled("Device", self.device)
        self._advanced = _stacked(self.adapt, minutes, self.match, device, self.export_model)
        self._more = Fold("predict_more_button", self._advanced)

    def _make_results(self) -> None:
        self.start = button("Predict", "predict_button", "Apply the model and add the masks as layers.")
        self.stop = button("Stop", "predict_stop_button", "End now and keep the masks that are ready.")
        self.hint = sentence("predict_hint_label")
        self.progress = progress_bar("predict_progress_bar", "How far the prediction is, and how long it will take.")
        self._fraction_heading = heading("Area fractions")
        self.fractions = FractionTable()
        self.correct = CorrectForm()
        self.correct_fold = Fold("correct_button", self.correct)
        self.correct_fold.setText("Correct")
        self.correct_fold.setToolTip(CORRECT)
        self.export = button("Export masks…", "export_button", EXPORT)
        self.status = Status("predict_status_label")
        self.foreign = Status("foreign_label")

    def wanted(self) -> Wanted:
        """What the user has chosen."""
        return Wanted(
            PredictionConfig(
                test_time_augmentation=self.views.isChecked(),
                match_pixel_size=self.match.isChecked(),
                device=self.device.value(),
            ),
            adapting_minutes=self.adapt_minutes.value() if self.adapt.isChecked() else None,
            probability=self.probability.isChecked(),
            uncertainty=self.unsure.isChecked(),
        )

    def say_model(self, sentence: str) -> None:
        self._model_label.setText(sentence)

    def show_project_choice(self, shown: bool) -> None:
        if not shown and self.on_project.isChecked():
            self.on_shown.setChecked(True)
        self.on_project.setVisible(shown)

    def show_state(self, *, running: bool, stopping: bool, hint: str) -> None:
        self.start.setEnabled(not running and not hint)
        self.stop.setEnabled(running and not stopping)
        self.stop.setText("Stopping…" if stopping else "Stop")
        self.model.setEnabled(not running)
        self.export_model.setEnabled(self.model.path() is not None)
        self._model_label.setVisible(self.model.path() is not None)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint) and not running)

    def show_export(self, masks: int, *, busy: bool) -> None:
        self.export.setEnabled(masks > 0 and not busy)
        self.export.setText("Exporting…" if busy else f"Export {masks} masks…" if masks > 1 else "Export masks…")

    def begin(self) -> None:
        self.status.say("Starting…")
        self.progress.setRange(0, 0)
        self.progress.setFormat("")
        self.progress.show()

    def show_progress(self, progress: Progress, name: str) -> None:
        if self.progress.maximum() == 0:
            self.status.say("")
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * progress.share))
        parts = (f"{progress.share:.0%}".replace("%", " %"), name, progress.time_left)
        self.progress.setFormat(" · ".join(part for part in parts if part))

    def end(self) -> None:
        self.progress.hide()

    def show_fractions(self, fractions: Mapping[str, Mapping[str, float]], classes: ClassTable) -> None:
        """One row a micrograph, one column a class."""
        self.fractions.set_fractions(fractions, classes)
        self._fraction_heading.show()
        self.fractions.show()

    def _arrange(self, content: QWidget) -> None:
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addWidget(heading("Model"))
        layout.addWidget(self.model)
        layout.addWidget(self._model_label)
        layout.addWidget(heading("Micrographs"))
        line = row((QLabel("On"), 0), (self.on_shown, 0), (self.on_all, 0), (self.on_project, 0))
        line.addStretch()
        layout.addLayout(line)
        line.addWidget(self._more)
        for widget in (self.views, self.unsure, self.probability, self._advanced):
            layout.addWidget(widget)
        layout.addLayout(row((self.start, 3), (self.stop, 1)))
        results: list[QWidget] = [
            self.hint,
            self.progress,
            self.status,
            self.foreign,
            self._fraction_heading,
            self.fractions,
            self.correct_fold,
            self.correct,
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


def _labelled(text: str, control: QWidget) -> QWidget:
    holder = QWidget()
    line = row((QLabel(text), 0), (control, 1))
    line.setContentsMargins(0, 0, 0, 0)
    holder.setLayout(line)
    return holder


def _adapt_minutes_spin() -> CalmDoubleSpinBox:
    field = AdaptingConfig.model_fields["minutes"]
    low, high = limits(field)
    spin = CalmDoubleSpinBox()
    spin.setObjectName("adapt_first_minutes_spin")
    spin.setToolTip(field.description or "")
    spin.setDecimals(1)
    spin.setRange(max(0.1, low), high)  # what one decimal can show
    spin.setSingleStep(0.5)
    spin.setSuffix(" min")
    spin.setValue(field.default)
    spin.setEnabled(False)
    return spin


def _stacked(*parts: QWidget) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        layout.addWidget(part)
    return holder
