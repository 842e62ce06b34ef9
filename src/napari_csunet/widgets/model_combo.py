"""Chooses a checkpoint: those made in the window, the last one first, and files opened from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Qt, Signal

from napari_csunet.widgets.models import model_label
from napari_csunet.widgets.name_combo import NameCombo

FILE_CHOICE = "Open a file…"


class ModelCombo(NameCombo):
    """``file_wanted`` asks for a dialog; the choice stays what it was until a file is given."""

    file_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("model_combo", "The trained network to apply. The last one that was finished comes first.")
        self.setPlaceholderText("no model yet")
        self._opened: list[Path] = []
        self._last = -1
        self.activated.connect(self._on_activated)

    def path(self) -> Path | None:
        data = self.currentData()
        return Path(data) if data else None

    def set_models(self, known: Sequence[Path], chosen: Path | None = None) -> None:
        """Fills the list; ``chosen`` is added if it is new, else the choice stays."""
        if chosen is not None and chosen not in known and chosen not in self._opened:
            self._opened.append(chosen)
        wanted = chosen or self.path()
        self.blockSignals(True)
        self.clear()
        for path in (*known, *(path for path in self._opened if path not in known)):
            self.addItem(model_label(path), str(path))
            self.setItemData(self.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
        self.addItem(FILE_CHOICE, None)
        index = self.findData(str(wanted)) if wanted else -1
        self.setCurrentIndex(index if index >= 0 else 0 if self.count() > 1 else -1)
        self._last = self.currentIndex()
        self.blockSignals(False)

    def _on_activated(self, index: int) -> None:
        if self.itemText(index) != FILE_CHOICE:
            self._last = index
            return
        self.setCurrentIndex(self._last)
        self.file_wanted.emit()
