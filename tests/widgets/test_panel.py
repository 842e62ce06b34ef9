from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QMainWindow

from napari_csunet.widgets.panel import Panel


class CountedPanel(Panel):
    """Counts how often its threads are ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = 0

    def on_shown(self) -> None:
        pass

    def close_background(self, seconds: float = 0) -> bool:
        self.ended += 1
        return True


def test_a_window_that_goes_ends_the_threads_of_its_panel(qtbot: QtBot) -> None:
    window, panel = QMainWindow(), CountedPanel()
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.setCentralWidget(panel)
    with qtbot.waitExposed(window):
        window.show()
    with qtbot.waitSignal(window.destroyed):
        window.close()
    assert panel.ended == 1


def test_the_end_of_the_program_ends_the_threads_of_a_panel(qtbot: QtBot) -> None:
    panel = CountedPanel()
    qtbot.addWidget(panel)
    application = QApplication.instance()
    assert application is not None
    application.aboutToQuit.emit()
    assert panel.ended == 1
