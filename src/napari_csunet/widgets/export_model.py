"""Export model…: a checkpoint to a file that other programs run, from a small window that blocks nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QDialog, QFileDialog, QLabel, QVBoxLayout, QWidget

from napari_csunet.export.model_format import ModelFormat, check_installed
from napari_csunet.micrographs.replacing import unused_path
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.models import model_label
from napari_csunet.widgets.panel_parts import button, progress_bar, row
from napari_csunet.widgets.status import Status

if TYPE_CHECKING:
    from napari_csunet.export.model_export import ModelReport

FORMATS = {
    ModelFormat.ONNX: "ONNX, one file that onnxruntime runs",
    ModelFormat.BIOIMAGEIO: "bioimage.io package, for deepImageJ, QuPath and others",
}
_CHECKPOINT_SUFFIX = ".csunet.safetensors"


class ExportModelDialog(QDialog):
    """Writes one checkpoint; closing it while it works ends the work and leaves no file."""

    def __init__(self, checkpoint: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export_model_dialog")
        self.setWindowTitle(f"Export model {model_label(checkpoint)}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._checkpoint = checkpoint
        self._work = Background()
        self._make_controls()
        self._work.reported.connect(self._on_work_reported)
        self._work.failed.connect(self._on_work_failed)
        self._work.finished.connect(self._on_work_finished)

    @property
    def form(self) -> ModelFormat:
        return ModelFormat(self._format.currentData())

    def export_to(self, path: Path) -> None:
        """Writes to a file that the user chose; one that exists was asked about."""
        self._status.say("Reading the model…")
        self._progress.setRange(0, 0)
        self._progress.setFormat("")
        self._progress.show()
        self._export.setEnabled(False)
        self._work.start(_exported, self._checkpoint, path, self.form)

    def close_background(self, seconds: float) -> bool:
        """Ends the work; whether its thread is over within this time."""
        self._work.blockSignals(True)
        self._work.stop()
        return self._work.wait(seconds)

    def done(self, result: int) -> None:
        """However the window is closed."""
        self.close_background(0)
        super().done(result)

    def _make_controls(self) -> None:
        self._format = QComboBox()
        self._format.setObjectName("model_format_combo")
        self._format.setToolTip("What the file is for.")
        for form, words in FORMATS.items():
            self._format.addItem(words, form.value)
        tooltip = "Choose a file; it is written only if it gives what the model gives."
        self._export = button("Export…", "export_model_button", tooltip)
        self._progress = progress_bar("export_model_progress_bar", "How far the export is.")
        self._progress.hide()
        self._status = Status("export_model_status_label")
        layout = QVBoxLayout(self)
        layout.addLayout(row((QLabel("Format"), 0), (self._format, 1)))
        for part in (self._export, self._progress, self._status):
            layout.addWidget(part)
        self._export.clicked.connect(self._on_export_clicked)

    def _on_export_clicked(self) -> None:
        stem = self._checkpoint.name.removesuffix(_CHECKPOINT_SUFFIX)
        suggested = self._checkpoint.with_name(f"{stem}{self.form.suffix}")
        kind = f"*{self.form.ending}"
        chosen, _ = QFileDialog.getSaveFileName(self, "Export model", str(suggested), kind)
        if chosen:
            path = Path(chosen)
            has_ending = path.suffix == self.form.ending
            self.export_to(path if has_ending else unused_path(path.with_name(path.name + self.form.suffix)))

    def _on_work_reported(self, report: ModelReport) -> None:
        self._progress.setRange(0, report.progress.total)
        self._progress.setValue(report.progress.done)
        self._status.say(f"{report.doing[:1].upper()}{report.doing[1:]}…" if report.doing else "")
        if report.path is not None:
            agreement = f"Its probabilities differ from the model's by at most {report.difference:.6f}."
            self._status.say(f"{report.path} is written. {agreement}")

    def _on_work_failed(self, error: Exception) -> None:
        self._status.say_error(error)

    def _on_work_finished(self) -> None:
        self._progress.hide()
        self._export.setEnabled(True)


def _exported(checkpoint: Path, path: Path, form: ModelFormat) -> Generator[ModelReport, None, None]:
    check_installed(form.needs)
    deque(load("napari_csunet.checkpoint", "napari_csunet.export.model_export"), maxlen=0)
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.export.model_export import export_model

    yield from export_model(load_checkpoint(checkpoint), path, form, overwrite=True)
