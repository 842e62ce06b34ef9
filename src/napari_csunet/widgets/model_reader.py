"""Reads in a thread what the chosen model says of itself."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.engine import ModelDescription, describe_model


class ModelReader(QObject):
    """``described``: a ModelDescription. ``failed``: an error. ``finished``: it was read or it failed.

    ``classes`` are those of the model asked for last, once it has been read.
    """

    described = Signal(object)
    failed = Signal(object)
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.classes: ClassTable | None = None
        self._path: Path | None = None
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self.finished)

    @property
    def is_running(self) -> bool:
        return self.background.is_running

    def read(self, path: Path | None) -> bool:
        """Begins to read a model that is not read yet, unless another one is being read; whether it does."""
        if path is None or path == self._path or self.is_running:
            return False
        self.classes, self._path = None, path
        self.background.start(describe_model, path)
        return True

    def is_unreadable(self, path: Path | None) -> bool:
        return self.classes is None and path == self._path and not self.is_running

    def _on_background_reported(self, model: ModelDescription) -> None:
        if model.path == self._path:
            self.classes = model.classes
            self.described.emit(model)
