from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QTimer

from napari_csunet.errors import CSUNetError, LabelError
from napari_csunet.widgets.background import Background, UnexpectedError


def counting(closed: threading.Event) -> Generator[int, Any, None]:
    try:
        for number in range(10**6):
            yield number
            closed.wait(0.001)
    finally:
        closed.set()


def failing(error: Exception) -> Generator[int, Any, None]:
    yield 1
    raise error


@pytest.mark.parametrize(
    ("error", "told"), [(RuntimeError("CUDA fell over"), UnexpectedError), (LabelError("paint"), LabelError)]
)
def test_an_error_of_the_engine_is_told_and_the_work_finishes(qtbot: QtBot, error: Exception, told: type) -> None:
    background = Background()
    with qtbot.waitSignals([background.failed, background.finished]) as caught:
        background.start(failing, error)
    failures = [signal.args[0] for signal in caught.all_signals_and_args if signal.args]
    assert [type(failure) for failure in failures] == [told]
    assert str(error) in str(failures[0])
    assert not background.is_running


def test_stopping_closes_the_generator_and_ends_the_thread(qtbot: QtBot) -> None:
    background, closed = Background(), threading.Event()
    with qtbot.waitSignal(background.reported):
        background.start(counting, closed)
    with qtbot.waitSignal(background.finished):
        background.stop()
    assert closed.is_set()
    assert background.wait(1)


def test_what_was_started_by_an_event_can_be_waited_for_in_the_same_event(qtbot: QtBot) -> None:
    background, is_over = Background(), []

    def start_and_wait() -> None:
        background.start(counting, threading.Event())
        background.stop()
        is_over.append(background.wait(5))

    with qtbot.waitSignal(background.finished, timeout=10_000):
        QTimer.singleShot(0, start_and_wait)
    assert is_over == [True]


def test_long_work_keeps_no_other_work_waiting(qtbot: QtBot, stubborn: Any) -> None:
    long, short = [Background() for _ in range(4)], Background()
    stubborn.start_in(*long)
    with qtbot.waitSignal(short.finished, timeout=10_000):
        short.start(lambda: (number for number in (1, 2)))
    stubborn.release()
    assert all(job.wait(10) for job in long)


def test_two_pieces_of_work_at_once_are_refused(qtbot: QtBot) -> None:
    background, closed = Background(), threading.Event()
    background.start(counting, closed)
    with pytest.raises(CSUNetError, match="busy"):
        background.start(counting, closed)
    with qtbot.waitSignal(background.finished):
        background.stop()


def test_what_the_window_sends_reaches_the_generator(qtbot: QtBot) -> None:
    def echo() -> Generator[Any, Any, None]:
        said = None
        while said is None:
            said = yield None
            time.sleep(0.01)
        yield said

    background = Background()
    heard: list[object] = []
    background.reported.connect(heard.append)
    with qtbot.waitSignal(background.reported):
        background.start(echo)
        background.send("too early")
    with qtbot.waitSignal(background.finished):
        background.send("hello")
    assert heard[-1] == "hello"
