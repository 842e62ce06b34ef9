"""Sharing the processor with other programs while torch computes."""

from __future__ import annotations

import os

SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "20000"}
"""Threads that wait for each other spin for about a millisecond, then sleep."""


def share_the_processor() -> None:
    """Says how torch's threads wait for each other; call it before torch is first imported.

    A network is thousands of short pieces of work that end together. Threads that sleep at once wake too late for the
    next piece (a training step of 2.1 s in place of 0.7 s on two quiet cores); threads that spin for long keep other
    programs, or this program's own window, off the cores (28 s beside another training). What is left of that is for
    ``ThreadCount`` to mend. Values that the user has set are left alone.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
