"""What a panel shows as long as no micrograph is open."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.reading import SUFFIXES
from napari_csunet.widgets.samples import LayerData, sample_layers
from napari_csunet.widgets.status import Status

READER_ERRORS = (CSUNetError, OSError, ValueError, RuntimeError, LookupError, EOFError, struct.error)
"""What napari and the readers behind it raise for a file that they cannot read."""


DRAWING_MS = 20
"""Time for the window to draw a new layer before the next one comes."""


class EmptyState(QWidget):
    """Two ways to begin, and a guide.

    ``when_free`` calls what it is given as soon as the window has time for it.
    """

    def __init__(self, viewer: Viewer, when_free: Callable[[Callable[[], None]], None]) -> None:
        super().__init__()
        self._viewer, self._when_free = viewer, when_free
        self._layers: Iterator[LayerData] = iter(())
        self._shown: Any = None  # the topmost layer on screen, ready to be painted in the end
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAWING_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        welcome = QLabel("Open micrographs, or try the sample.")
        welcome.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._open = QPushButton("Open micrographs…")
        self._open.setObjectName("open_micrographs_button")
        self._open.setToolTip("Choose pictures from the microscope: TIFF, PNG, JPEG or BMP.")
        self._sample = QPushButton("Try the sample")
        self._sample.setObjectName("open_sample_button")
        self._sample.setToolTip("Four synthetic micrographs of a superalloy, with strokes painted on two of them.")
        self.guide = QPushButton("Guide")
        self.guide.setObjectName("begin_guide_button")
        self.guide.setToolTip("Five steps from a micrograph to masks, each shown where it is done.")
        self._status = Status("empty_state_label")
        layout = QVBoxLayout(self)
        layout.addStretch()
        for widget in (welcome, self._open, self._sample, self.guide, self._status):
            layout.addWidget(widget)
        layout.addStretch(2)
        self._open.clicked.connect(self._on_open_clicked)
        self._sample.clicked.connect(self._on_sample_clicked)

    def _on_open_clicked(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        paths, _ = QFileDialog.getOpenFileNames(self, "Open micrographs", "", f"Micrographs ({endings});;All files (*)")
        for path in paths:
            self._open_file(path)

    def _open_file(self, path: str) -> None:
        try:
            self._viewer.open(path, layer_type="image", plugin="napari")
        except READER_ERRORS as error:
            self._status.say_error(error)

    def stop(self) -> None:
        """Leaves out what of the sample has not been opened yet."""
        self._timer.stop()

    def _on_sample_clicked(self) -> None:
        self._sample.setEnabled(False)
        self._status.say("Opening the sample…")
        self._layers, self._shown = sample_layers("superalloy"), None
        self._when_free(self._timer.start)

    def _on_timer_timeout(self) -> None:
        """Adds a layer in each turn of the event loop."""
        try:
            data, options, kind = next(self._layers)
        except StopIteration:
            self._end_sample("")
            self._viewer.layers.selection.active = self._shown if self._shown in self._viewer.layers else None
        except CSUNetError as error:
            self._end_sample(str(error))
        else:
            layer = getattr(self._viewer, f"add_{kind}")(data, **options)
            self._shown = layer if layer.visible else self._shown
            self._timer.start()

    def _end_sample(self, sentence: str) -> None:
        self._sample.setEnabled(True)
        self._status.say(sentence)
