"""The model that predicts: chosen in a list, read when the panel can be seen."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.engine import ModelDescription
from napari_csunet.widgets.model_reader import ModelReader
from napari_csunet.widgets.models import known_models
from napari_csunet.widgets.predict_layout import PredictLayout

LOOK_MS = 500


class ModelChoice(QObject):
    """``changed``: another model, or more is known of it. ``failed``: it cannot be read. ``finished``: nothing is read
    any more.
    """

    changed = Signal()
    failed = Signal()
    finished = Signal()

    def __init__(self, panel: PredictLayout, owner: QWidget) -> None:
        super().__init__()
        self._panel, self._owner = panel, owner
        self._reader = ModelReader()
        self.background = self._reader.background
        self._look_timer = QTimer(self)
        self._look_timer.setSingleShot(True)
        self._look_timer.setInterval(LOOK_MS)
        self._look_timer.timeout.connect(self._on_look_timeout)
        panel.model.currentIndexChanged.connect(self.read)
        panel.model.file_wanted.connect(self._on_file_wanted)
        self._reader.described.connect(self._on_reader_described)
        self._reader.failed.connect(self._on_reader_failed)
        self._reader.finished.connect(self._on_reader_finished)
        panel.model.set_models(known_models())

    @property
    def path(self) -> Path | None:
        return self._panel.model.path()

    @property
    def classes(self) -> ClassTable | None:
        """Of the chosen model, once it has been read."""
        return self._reader.classes

    @property
    def is_being_read(self) -> bool:
        return self._reader.is_running

    @property
    def is_unreadable(self) -> bool:
        return self._reader.is_unreadable(self.path)

    def choose(self, path: Path | None = None) -> None:
        """Chooses a model, or fills the list anew and leaves the choice."""
        self._panel.model.set_models(known_models(), path)
        self.read()

    def read(self, index: int = 0) -> None:
        """Begins to read the chosen model, unless that has been done."""
        if self._reader.read(self.path):
            self._panel.say_model("Reading the model…")
        self.changed.emit()

    def look(self) -> None:
        """Reads the model soon, if the panel is still seen then."""
        self._look_timer.start()

    def stop_looking(self) -> None:
        self._look_timer.stop()

    def _on_look_timeout(self) -> None:
        """Reads the model if the panel is in front, not behind the other tab: torch's import would slow other work."""
        if not self._owner.visibleRegion().isEmpty():
            self.choose()

    def _on_file_wanted(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._owner, "Open a model", str(Path.home()), "Models (*.safetensors)")
        if path:
            self.choose(Path(path))

    def _on_reader_described(self, model: ModelDescription) -> None:
        self._panel.say_model(model.sentence)
        self._panel.device.set_devices(model.devices)

    def _on_reader_failed(self, error: Exception) -> None:
        self._panel.say_model(str(error))
        self.failed.emit()

    def _on_reader_finished(self) -> None:
        self.read()  # another one may have been chosen meanwhile
        self.finished.emit()
