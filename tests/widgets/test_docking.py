from __future__ import annotations

import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QMainWindow

from napari_csunet.widgets.docking import dock_of
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.predict import PredictWidget


def test_panels_opened_one_after_the_other_become_tabs(
    qtbot: QtBot, viewer: Viewer, predict: PredictWidget, fine_tune: FineTuneWidget
) -> None:
    window = viewer.window._qt_window
    assert isinstance(window, QMainWindow)
    window.show()
    qtbot.waitUntil(lambda: dock_of(predict) in window.tabifiedDockWidgets(dock_of(fine_tune)), timeout=5000)


@pytest.mark.parametrize("width", [320, 500])
def test_the_panels_fit_a_narrow_dock(fine_tune: FineTuneWidget, predict: PredictWidget, width: int) -> None:
    for panel in (fine_tune, predict):
        panel.resize(width, 700)
        assert panel.minimumWidth() <= width
