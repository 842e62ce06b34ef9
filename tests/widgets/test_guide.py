"""The guide goes from step to step in the real window, and frames what is to be clicked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtWidgets import QLabel, QMainWindow, QPushButton, QVBoxLayout, QWidget

from napari_csunet.widgets.docking import dock_of
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.guide import Guide, Marker, Step

Find = Callable[[Any, str], Any]


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    canvas = QWidget()
    layout = QVBoxLayout(canvas)
    layout.addWidget(QPushButton("target"))
    window.setCentralWidget(canvas)
    window.resize(600, 400)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def done() -> set[int]:
    """Numbers of the steps that are done; changed by the tests."""
    return set()


@pytest.fixture
def guide(window: QMainWindow, done: set[int]) -> Guide:
    target = window.findChild(QPushButton)
    return Guide([Step(f"{i}", f"Do {i}.", lambda: target, partial(done.__contains__, i)) for i in range(3)])


def title(guide: Guide) -> str:
    return guide.findChild(QLabel, "guide_title_label").text()


def test_it_begins_with_what_is_not_done_and_goes_on_when_that_is(
    qtbot: QtBot, window: QMainWindow, guide: Guide, done: set[int]
) -> None:
    done.add(0)
    guide.begin(window)
    assert title(guide) == "Step 2 of 3 · 1"
    assert not guide.next.isEnabled()
    done.add(1)
    qtbot.waitUntil(lambda: title(guide) == "Step 3 of 3 · 2", timeout=2000)
    qtbot.mouseClick(guide.next, Qt.MouseButton.LeftButton)
    assert not guide.isVisible()
    assert window.findChild(Marker) is None or not window.findChild(Marker).isVisible()


def test_a_step_that_was_done_before_waits_to_be_read(
    qtbot: QtBot, window: QMainWindow, guide: Guide, done: set[int]
) -> None:
    done.add(0)
    guide.begin(window)
    qtbot.mouseClick(guide.back, Qt.MouseButton.LeftButton)
    qtbot.wait(700)
    assert title(guide) == "Step 1 of 3 · 0"
    assert guide.next.isEnabled()


def test_the_frame_lies_around_the_target_and_lets_clicks_through(window: QMainWindow, guide: Guide) -> None:
    guide.begin(window)
    target, marker = window.findChild(QPushButton), window.findChild(Marker)
    assert marker.geometry().contains(QRect(target.mapTo(window, QPoint(0, 0)), target.size()))
    assert marker.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def test_the_button_of_the_panel_begins_where_the_person_is(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, child: Find
) -> None:
    viewer.add_image(np.random.default_rng(0).random((64, 64)), name="steel")
    qtbot.mouseClick(child(fine_tune, "guide_button"), Qt.MouseButton.LeftButton)
    guide = viewer.window._qt_window.findChild(Guide)
    assert title(guide) == "Step 2 of 5 · Paint"
    assert not guide.isHidden()


def test_nothing_is_framed_in_another_window(qtbot: QtBot, window: QMainWindow) -> None:
    elsewhere = QPushButton("elsewhere")
    qtbot.addWidget(elsewhere)
    elsewhere.show()
    Guide([Step("a", "Do it.", lambda: elsewhere, lambda: False)]).begin(window)
    assert window.findChild(Marker) is None


def test_the_guide_of_a_floating_panel_lies_on_the_canvas_and_goes_with_the_panel(
    qtbot: QtBot, viewer: Viewer, fine_tune: FineTuneWidget, child: Find
) -> None:
    window: Any = viewer.window._qt_window
    dock: Any = dock_of(fine_tune)
    dock.setFloating(True)
    child(fine_tune, "guide_button").click()
    assert window.findChild(Guide).parent() is window
    viewer.window.remove_dock_widget(fine_tune)
    qtbot.waitUntil(lambda: window.findChild(Guide) is None, timeout=2000)
