"""What all panels have in common: what happens when they are shown, when their dock is closed, and when napari ends."""

from __future__ import annotations

from qtpy.QtCore import QCoreApplication, QEvent, QObject, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QWidget

from napari_csunet.widgets.docking import main_window_of

CLOSING_S = 3


class Panel(QWidget):
    """A widget in a dock of napari, which lets go of its widget when it is closed; a window that closes does not."""

    def __init__(self) -> None:
        super().__init__()
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._on_about_to_quit)

    def on_shown(self) -> None:
        """Called once the dock around a shown panel is complete."""
        raise NotImplementedError

    def on_closed(self) -> None:
        """Called when the panel has lost its dock."""
        raise NotImplementedError

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Ends every thread of the panel; False if one goes on. Called for the last time before the window goes."""
        raise NotImplementedError

    def watch_window(self) -> None:
        """To be told when it goes; done when the panel is shown, which one behind another tab may never be."""
        window = main_window_of(self)
        if window is not None:
            window.installEventFilter(self)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        super().showEvent(event)
        self.watch_window()
        QTimer.singleShot(0, self.on_shown)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.on_closed()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Of the window: of several, one can go without the program coming to its end."""
        if event is not None and event.type() == QEvent.Type.DeferredDelete and watched is main_window_of(self):
            self.close_background()
        return super().eventFilter(watched, event)

    def _on_about_to_quit(self) -> None:
        self.close_background()
