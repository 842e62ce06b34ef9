from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import Any

from napari_csunet.widgets.handover import Handover


def reports(closed: list[bool]) -> Generator[int, str, None]:
    try:
        said = yield 1
        yield len(said)
    finally:
        closed.append(True)


def test_messages_reach_the_source_and_closing_closes_it() -> None:
    closed: list[bool] = []
    passing: Any = Handover(lambda report: False).passing(reports(closed))
    assert (next(passing), passing.send("four")) == (1, 4)
    passing.close()
    assert closed == [True]


def test_the_thread_waits_until_its_report_is_taken() -> None:
    handover = Handover(lambda report: True)
    passing: Any = handover.passing(reports([]))
    next(passing)
    threading.Timer(0.1, handover.taken).start()
    start = time.monotonic()
    passing.send("four")
    assert 0.05 < time.monotonic() - start < 5


def test_nothing_waits_once_the_window_is_closed() -> None:
    handover = Handover(lambda report: True)
    handover.end()
    assert list(handover.passing(number for number in range(3))) == [0, 1, 2]
