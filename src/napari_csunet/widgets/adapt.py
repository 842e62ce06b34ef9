"""*Adapt to my micrographs…*: a dialog that has encoder weights learn from micrographs without labels."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFileDialog,
    QFormLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from napari_csunet.config import PretrainingConfig, TrainingConfig
from napari_csunet.errors import first_message
from napari_csunet.micrographs.replacing import unused_path
from napari_csunet.reports import TrainingReport
from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.engine import MicrographSource, load
from napari_csunet.widgets.field_editors import CalmDoubleSpinBox
from napari_csunet.widgets.models import file_name, models_folder
from napari_csunet.widgets.panel import CLOSING_S
from napari_csunet.widgets.panel_parts import button, progress_bar, row
from napari_csunet.widgets.status import Status

DEFAULT_MINUTES = 20.0
BATCH_SIZE = 4
LEARNING_RATE = 3e-4
WIDTH = 420
EXPLANATION = (
    "The network looks at your micrographs without labels and learns what their parts look like. Fine-tuning then "
    "starts from there. It pays with many micrographs that differ from those that you label."
)


def adapt(
    sources: Sequence[MicrographSource], folder: Path | None, config: TrainingConfig, minutes: float, out: Path
) -> Generator[TrainingReport, None, None]:
    """Self-supervised pretraining on a folder, or else on layers; leaves no state to go on from.

    ``config`` says the network, the weights that it starts from and the device.
    """
    for _ in load("napari_csunet.training.pretraining"):
        pass
    from napari_csunet.training.pretraining import Recipe, SelfSupervised, pretrain, read_pool
    from napari_csunet.training.pretraining.picture_pool import pool_of_micrographs
    from napari_csunet.training.pretraining.resume_file import resume_path
    from napari_csunet.training.starting_point import with_weights_that_exist

    settings = _settings(with_weights_that_exist(config), minutes)
    pool = read_pool([folder]) if folder else pool_of_micrographs([source.read() for source in sources])
    try:
        yield from pretrain(Recipe({SelfSupervised(pool): 1.0}), settings, out=out)
    finally:
        resume_path(out).unlink(missing_ok=True)


def _settings(config: TrainingConfig, minutes: float) -> PretrainingConfig:
    shared = {"preset", "cnn_encoder", "encoder_weights", "swin_weights", "accept_partial_weights"}
    shared |= {"device", "precision", "seed", "patch_size"}
    return PretrainingConfig(
        **config.model_dump(include=shared, exclude_none=True),
        minutes=minutes,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
    )


class AdaptDialog(QDialog):
    """Asks what to learn from and for how long. ``adapted`` gives the path of the new encoder weights."""

    adapted = Signal(object)

    def __init__(
        self,
        sources: Callable[[], Sequence[MicrographSource]],
        config: Callable[[], TrainingConfig],
        parent: QWidget | None = None,
    ) -> None:
        """``sources`` gives the open micrographs, ``config`` the network, its weights and the device."""
        super().__init__(parent)
        self.setObjectName("adapt_dialog")
        self.setWindowTitle("Adapt to my micrographs")
        self._sources, self._config = sources, config
        self._folder: Path | None = None
        self._out: Path | None = None
        self._has_failed = self._is_stopping = False
        self._background = Background()
        self._background.reported.connect(self._on_background_reported)
        self._background.failed.connect(self._on_background_failed)
        self._background.finished.connect(self._on_background_finished)
        self._make_controls()
        self._arrange()
        self._refresh_controls()

    @property
    def is_running(self) -> bool:
        return self._background.is_running

    def choose_folder(self, folder: Path) -> None:
        """Learns from the micrographs in a folder instead of the open ones."""
        self._folder = folder
        self._from_folder.setText(f"Those in {folder}")
        self._from_folder.setChecked(True)
        self._refresh_controls()

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Asks the thread to end and waits at most so long; False if it goes on."""
        return end_all((self._background,), seconds)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        self._background.stop()
        super().closeEvent(event)

    def _make_controls(self) -> None:
        self._from_layers, self._from_folder = QRadioButton(), QRadioButton("Those in a folder")
        self._from_layers.setObjectName("adapt_layers_radio")
        self._from_layers.setToolTip("Learn from all micrographs that are open now.")
        self._from_folder.setObjectName("adapt_folder_radio")
        self._from_folder.setToolTip("Learn from all TIFF, PNG, JPEG and BMP files in a folder; no labels are needed.")
        self._group = QButtonGroup(self)
        for radio in (self._from_layers, self._from_folder):
            self._group.addButton(radio)
        self._browse = button("Choose a folder…", "adapt_folder_button", "Choose the folder of micrographs.")
        self._minutes = CalmDoubleSpinBox()
        self._minutes.setObjectName("adapt_minutes_spin")
        self._minutes.setRange(0.1, 10_000)
        self._minutes.setDecimals(1)
        self._minutes.setValue(DEFAULT_MINUTES)
        self._minutes.setSuffix(" min")
        self._minutes.setToolTip("How long to learn. More micrographs deserve more time.")
        self._start = button("Adapt", "adapt_button", "Start learning from the micrographs.")
        self._stop = button("Stop", "adapt_stop_button", "End now and use what was learned so far.")
        self._progress = progress_bar("adapt_progress_bar", "How far this is, and how long it will take.")
        self._status = Status("adapt_status_label")
        self._from_layers.setChecked(bool(self._sources()))
        self._from_folder.setChecked(not self._sources())
        self._group.buttonClicked.connect(self._refresh_controls)
        self._browse.clicked.connect(self._on_browse_clicked)
        self._start.clicked.connect(self._on_start_clicked)
        self._stop.clicked.connect(self._on_stop_clicked)

    def _arrange(self) -> None:
        explanation = QLabel(EXPLANATION)
        explanation.setWordWrap(True)
        form = QFormLayout()
        form.addRow("Micrographs", self._from_layers)
        form.addRow("", row((self._from_folder, 1), (self._browse, 0)))
        form.addRow("Time", self._minutes)
        layout = QVBoxLayout(self)
        layout.addWidget(explanation)
        layout.addLayout(form)
        layout.addLayout(row((self._start, 3), (self._stop, 1)))
        layout.addWidget(self._progress)
        layout.addWidget(self._status)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)  # grows with what is said
        explanation.setFixedWidth(WIDTH)
        self._status.setFixedWidth(WIDTH)
        self._progress.hide()

    def _refresh_controls(self, *_: Any) -> None:
        count, running = len(self._sources()), self.is_running
        self._from_layers.setText(f"The {count} open ones" if count != 1 else "The open one")
        is_ready = bool(count) if self._from_layers.isChecked() else self._folder is not None
        self._start.setEnabled(is_ready and not running)
        self._stop.setEnabled(running)
        inputs: tuple[QPushButton | QRadioButton | CalmDoubleSpinBox, ...]
        inputs = (self._from_layers, self._from_folder, self._browse, self._minutes)
        for control in inputs:
            control.setEnabled(not running)

    def _on_browse_clicked(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder of micrographs")
        if chosen:
            self.choose_folder(Path(chosen))

    def _on_start_clicked(self) -> None:
        try:
            config = self._config()
        except ValueError as error:
            self._status.say(f"The settings do not fit together: {first_message(error)}.")
            return
        folder = self._folder if self._from_folder.isChecked() else None
        sources = [] if folder else self._sources()
        self._out = new_weights_path(folder.name if folder else sources[0].name)
        self._has_failed = self._is_stopping = False
        self._background.start(adapt, sources, folder, config, self._minutes.value(), self._out)
        self._status.say("Reading the micrographs…")
        self._progress.setRange(0, 0)
        self._progress.setFormat("")
        self._progress.show()
        self._refresh_controls()

    def _on_stop_clicked(self) -> None:
        self._is_stopping = True
        self._background.stop()
        self._stop.setEnabled(False)
        self._status.say("Stopping, and keeping what was learned…")

    def _on_background_reported(self, report: TrainingReport) -> None:
        self._progress.setRange(0, 1000)
        self._progress.setValue(round(1000 * report.progress.share))
        self._progress.setFormat(report.progress.time_left)
        if report.kind == "download":
            self._status.say("Downloading the weights to start from…")
        if report.message:
            self._status.say(report.message)

    def _on_background_failed(self, error: Exception) -> None:
        self._has_failed = True
        self._status.say_error(error)

    def _on_background_finished(self) -> None:
        self._progress.hide()
        self._refresh_controls()
        if self._has_failed or self._out is None:
            return
        if self._out.is_file():
            self._status.say(f"Done. Fine-tune starts from {self._out.name} now.")
            self.adapted.emit(self._out)
        elif self._is_stopping:
            self._status.say("Stopped. Nothing was learnt yet.")


def new_weights_path(name: str) -> Path:
    """Unused path for weights that were adapted to micrographs of this name."""
    folder = models_folder().with_name("weights")
    return unused_path(folder / f"{file_name(name)} {datetime.now():%Y-%m-%d %H.%M}.safetensors")
