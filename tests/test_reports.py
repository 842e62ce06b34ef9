"""Progress, as a person says it."""

from __future__ import annotations

import pytest

from napari_csunet.reports import Progress


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(8, "8 s left"), (114.2, "1 min 54 left"), (7300, "2 h 01 min left"), (float("nan"), ""), (float("inf"), "")],
)
def test_time_left_is_said_as_a_person_says_it(seconds: float, words: str) -> None:
    assert Progress(1, 2, 0, seconds).time_left == words


def test_a_share_never_exceeds_the_whole() -> None:
    assert Progress(3, 2, 0, 0).share == 1
    assert Progress(0, 0, 0, 0).share == 0


def test_a_share_of_an_unknown_total_is_nothing_yet() -> None:
    assert Progress(4096, 0, 0, 0).share == 0
