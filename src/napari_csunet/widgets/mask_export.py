"""Exports the masks of the session in a thread, and says how far it is."""

from __future__ import annotations

from pathlib import Path

from napari.components import ViewerModel
from qtpy.QtCore import QObject, Signal

from napari_csunet.widgets.background import Background
from napari_csunet.widgets.export import Exported, export_masks, finished_masks


class MaskExport(QObject):
    """``said``: a sentence. ``failed`` and ``finished`` as of a Background."""

    said = Signal(str)
    failed = Signal(object)
    finished = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self.finished)

    @property
    def is_running(self) -> bool:
        return self.background.is_running

    def start(self, folder: Path) -> None:
        """Writes all masks of the session and their area fractions into a folder."""
        self.background.start(export_masks, finished_masks(self._viewer), folder)

    def _on_background_reported(self, news: Exported) -> None:
        if news.table is None:
            self.said.emit(f"Exporting {news.done + 1} of {news.total}…")
        else:
            masks = f"{news.total} masks" if news.total > 1 else "1 mask"
            self.said.emit(f"{masks} and {news.table.name} are in {news.folder}.")
