from __future__ import annotations

from collections.abc import Generator

import pytest
from pytestqt.qtbot import QtBot

from napari_csunet.widgets import warm_up
from napari_csunet.widgets.warm_up import WarmUp


@pytest.fixture
def warming(monkeypatch: pytest.MonkeyPatch) -> WarmUp:
    """Has one piece, which the first layer needs, and waits no second."""

    def piece() -> Generator[str, None, None]:
        yield "loaded"

    monkeypatch.setattr(warm_up, "WARM_UP", (piece,))
    monkeypatch.setattr(warm_up, "load_for_first_layer", piece)
    monkeypatch.setattr(warm_up, "QUIET_S", 0.3)
    return WarmUp()


def test_pieces_are_loaded_in_a_quiet_moment(qtbot: QtBot, warming: WarmUp) -> None:
    with qtbot.assertNotEmitted(warming.reported, wait=250):
        warming.start()
        warming.wait_for_quiet()
    with qtbot.waitSignal(warming.background.finished, timeout=5000):
        pass


def test_what_must_not_wait_long_comes_right_after_the_piece_it_needs(qtbot: QtBot, warming: WarmUp) -> None:
    done: list[str] = []
    warming.reported.connect(done.append)
    warming.when_free(lambda: done.append("sample"))
    qtbot.waitUntil(lambda: done == ["loaded", "sample"], timeout=5000)
    warming.when_free(lambda: done.append("at once"))
    assert done[-1] == "at once"
