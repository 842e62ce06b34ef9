from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QMainWindow, QScrollArea

from napari_csunet import ClassTable
from napari_csunet.widgets.docking import PANEL_WIDTH, dock_of, docked, main_window_of, tabify_with
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.predict import PredictWidget


def test_panels_opened_one_after_the_other_become_tabs(
    qtbot: QtBot, viewer: Viewer, predict: PredictWidget, fine_tune: FineTuneWidget
) -> None:
    window = viewer.window._qt_window
    assert isinstance(window, QMainWindow)
    window.show()
    qtbot.waitUntil(lambda: dock_of(predict) in window.tabifiedDockWidgets(dock_of(fine_tune)), timeout=5000)


def test_a_panel_whose_dock_floats_finds_the_others_and_goes_on_floating(
    viewer: Viewer, predict: PredictWidget, fine_tune: FineTuneWidget
) -> None:
    dock = dock_of(fine_tune)
    assert dock is not None
    dock.setFloating(True)
    assert main_window_of(fine_tune) is viewer.window._qt_window
    assert (docked(fine_tune, PredictWidget), docked(predict, FineTuneWidget)) == (predict, fine_tune)
    tabify_with(fine_tune, predict)
    assert dock.isFloating()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_is_cut_beside_a_scroll_bar_in_a_narrow_dock(
    viewer: Viewer, fine_tune: FineTuneWidget, predict: PredictWidget, theme: str
) -> None:
    viewer.theme = theme
    names = dict.fromkeys(("matrix", "secondary", "tertiary"), 0.123)
    classes = ClassTable.from_names(dict(enumerate(names, start=1)))
    for number in range(4):
        viewer.add_image(np.eye(32), name=f"a micrograph with a long name, number {number}")
    fine_tune.class_table.set_value(classes)
    fine_tune.class_table.set_pixels(dict.fromkeys(classes.values, 12_345_678))
    fine_tune._panel.begin(classes)
    fine_tune._panel.end(Path("/a/long/path") / ("x" * 200), 4)
    predict._panel.show_fractions({layer.name: names for layer in viewer.layers}, classes)
    for panel in (fine_tune, predict):
        area: Any = panel.findChild(QScrollArea)
        bar = area.verticalScrollBar().sizeHint().width()
        assert area.widget().minimumSizeHint().width() <= PANEL_WIDTH - bar
