"""What both panels have in common: what happens when they are shown and when their dock is closed."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QWidget


class Panel(QWidget):
    """A widget in a dock of napari, which lets go of its widget when it is closed."""

    def on_shown(self) -> None:
        """Called once the dock around a shown panel is complete."""
        raise NotImplementedError

    def on_closed(self) -> None:
        """Called when the panel has lost its dock."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        super().showEvent(event)
        QTimer.singleShot(0, self.on_shown)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.on_closed()
