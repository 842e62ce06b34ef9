from __future__ import annotations

from typing import Any

import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_csunet.reports import Progress
from napari_csunet.widgets.activity import Activity


def lines(viewer: Viewer) -> list[Any]:
    from napari._qt.widgets.qt_progress_bar import QtLabeledProgressBar

    return list(viewer.window._qt_window.findChildren(QtLabeledProgressBar))


def test_a_run_is_in_the_activity_dock_and_its_cancel_stops_it(
    qtbot: QtBot, viewer: Viewer, capsys: pytest.CaptureFixture[str]
) -> None:
    stops: list[bool] = []
    activity = Activity("Fine-tune", lambda: stops.append(True))
    activity.begin()
    activity.show(Progress(1, 4, 10, 30))
    qtbot.waitUntil(lambda: len(lines(viewer)) == 1, timeout=5000)
    (line,) = lines(viewer)
    qtbot.waitUntil(lambda: line.qt_progress_bar.value() == 250, timeout=5000)
    assert line.eta_label.text() == "30 s left"
    line.cancel_button.click()
    activity.end()
    qtbot.waitUntil(lambda: not lines(viewer), timeout=5000)
    assert stops == [True]
    assert capsys.readouterr().err == ""


def test_the_line_goes_back_when_a_training_follows_a_download(qtbot: QtBot, viewer: Viewer) -> None:
    activity = Activity("Fine-tune", lambda: None)
    activity.begin()
    for done in (4, 1):
        activity.show(Progress(done, 4, 10, 30))
        qtbot.waitUntil(lambda: [line.qt_progress_bar.value() for line in lines(viewer)] == [250 * done], timeout=5000)  # noqa: B023
    activity.end()


def test_a_short_run_leaves_no_line(qtbot: QtBot, viewer: Viewer) -> None:
    activity = Activity("Predict", lambda: None)
    activity.begin()
    activity.end()
    qtbot.wait(600)
    assert not lines(viewer)
