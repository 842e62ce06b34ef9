"""What a panel shows as long as no micrograph is open."""

from __future__ import annotations

import struct

from napari.viewer import Viewer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.reading import SUFFIXES
from napari_csunet.widgets.samples import OPENERS
from napari_csunet.widgets.status import Status

READER_ERRORS = (CSUNetError, OSError, ValueError, RuntimeError, LookupError, EOFError, struct.error)
"""What napari and the readers behind it raise for a file that they cannot read."""


class EmptyState(QWidget):
    """Two ways to begin."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        welcome = QLabel("Open micrographs, or try the sample.")
        welcome.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._open = QPushButton("Open micrographs…")
        self._open.setObjectName("open_micrographs_button")
        self._open.setToolTip("Choose pictures from the microscope: TIFF, PNG, JPEG or BMP.")
        self._sample = QPushButton("Try the sample")
        self._sample.setObjectName("open_sample_button")
        self._sample.setToolTip("Four synthetic micrographs of a superalloy, with strokes painted on two of them.")
        self._status = Status("empty_state_label")
        layout = QVBoxLayout(self)
        layout.addStretch()
        for widget in (welcome, self._open, self._sample, self._status):
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

    def _on_sample_clicked(self) -> None:
        try:
            first = None  # what is on screen, ready to be painted on
            for data, options, kind in OPENERS["superalloy"]():
                layer = getattr(self._viewer, f"add_{kind}")(data, **options)
                first = layer if layer.visible else first
            self._viewer.layers.selection.active = first
        except CSUNetError as error:
            self._status.say_error(error)
