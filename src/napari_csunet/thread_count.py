"""How many threads a network on the processor should use: found by trying, while it works."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

FIRST_PATIENCE, MOST_PATIENCE = 4, 128
"""Pieces of work between two tries; doubled whenever a try was no better."""
BETTER = 0.85
"""Share of the usual time at which another count is taken to be faster and not lucky."""
SUDDEN = 1.8
"""Times the usual time at which something must have changed."""


class ThreadCount:
    """Wrap each piece of work in ``timed``, which lets torch use ``count`` threads; pieces must cost about the same.

    All cores are best while nobody else wants them. Beside another busy program, threads wait for whichever of them
    is not running, and fewer are up to four times as fast.
    """

    def __init__(self, most: int) -> None:
        self._most = self.count = most
        self._usual: dict[int, float] = {}
        self._pieces = 0
        self._home: int | None = None  # the count to go back to, while another is tried
        self._patience = self._left = FIRST_PATIENCE
        self._tries_fewer = False

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Around one piece of work."""
        before, start = torch.get_num_threads(), time.monotonic()
        if self._most > 1:
            torch.set_num_threads(self.count)
        try:
            yield
        finally:
            torch.set_num_threads(before)
        self.took(time.monotonic() - start)

    def took(self, seconds: float) -> None:
        """How long a piece of work took with the present count, which may change now."""
        self._pieces += 1
        if self._pieces == 1 or self._most == 1:  # the first piece of all is slow in any case
            return
        if self._home is not None:
            self._judge(seconds, self._home)
            return
        usual = self._usual.get(self.count, seconds)
        self._usual[self.count] = 0.7 * usual + 0.3 * seconds
        self._left -= 1
        if self._left <= 0 or seconds > SUDDEN * usual:
            self._try_another()

    def _try_another(self) -> None:
        """Half or twice as many, in turn, as far as there are cores."""
        home = self._home = self.count
        others = [count for count in (home // 2, min(self._most, home * 2)) if count not in (0, home)]
        self._tries_fewer = not self._tries_fewer
        self.count = others[0] if self._tries_fewer else others[-1]

    def _judge(self, seconds: float, home: int) -> None:
        """Stays with the count that was tried if it is better, and goes back otherwise."""
        is_better = seconds < BETTER * self._usual[home]
        self._patience = FIRST_PATIENCE if is_better else min(MOST_PATIENCE, 2 * self._patience)
        self._left, self._home = self._patience, None
        if is_better:
            self._usual[self.count] = seconds
        else:
            self.count = home


def thread_count_for(device: torch.device) -> ThreadCount:
    """Begins with what torch uses now; a device of another kind has nothing to find."""
    return ThreadCount(torch.get_num_threads() if device.type == "cpu" else 1)
