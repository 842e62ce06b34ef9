"""Adds the result layers of a prediction one after the other, so that the window never stops for long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.reports import Prediction
from napari_csunet.widgets.layers import Role, layer_name
from napari_csunet.widgets.result_layers import show_prediction

DRAWING_MS = 20
"""Time for the window to draw a new layer before the next one comes."""


class ResultTurns(QObject):
    """As ``show_prediction``, one new layer in a turn of the event loop.

    ``shown``: all layers are there; with the new name of a mask that was corrected by hand and kept, or empty.
    """

    shown = Signal(str)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._micrograph: Image | None = None
        self._classes: ClassTable | None = None
        self._parts: list[Prediction] = []
        self._kept = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAWING_MS)
        self._timer.timeout.connect(self._on_timer_timeout)

    def show(self, micrograph: Image, prediction: Prediction, classes: ClassTable) -> None:
        """Begins; call it again only after ``shown``."""
        self._micrograph, self._classes, self._kept = micrograph, classes, ""
        self._parts = _parts(self._viewer, micrograph, prediction)
        self._timer.start()

    def stop(self) -> None:
        """Leaves out what has not been shown yet."""
        self._timer.stop()

    def _on_timer_timeout(self) -> None:
        micrograph, classes = self._micrograph, self._classes
        if not self._parts or classes is None or micrograph is None or micrograph not in self._viewer.layers:
            self.shown.emit(self._kept)
            return
        kept = show_prediction(self._viewer, micrograph, self._parts.pop(0), classes)
        self._kept = kept.name if kept is not None else self._kept
        self._timer.start()


def _parts(viewer: ViewerModel, micrograph: Image, prediction: Prediction) -> list[Prediction]:
    """The mask with what has its layer already; then, one more in each, what needs a new layer."""
    fields: dict[str, Role] = {"uncertainty": "unsure", "probability": "probability"}
    new = [
        name
        for name, role in fields.items()
        if getattr(prediction, name) is not None and layer_name(micrograph.name, role) not in viewer.layers
    ]
    without: list[dict[str, Any]] = [dict.fromkeys(new[count:]) for count in range(len(new) + 1)]
    return [replace(prediction, **left_out) for left_out in without]
