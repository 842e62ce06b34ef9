"""Sharing the processor with other programs while torch computes."""

from __future__ import annotations

import os


def share_the_processor() -> None:
    """Lets torch's threads sleep while they wait for each other; call it before torch is first imported.

    OpenMP's threads spin by default. Once another program, or this program's own window, wants one of the cores, they
    spin for a thread that is not running: on two busy cores a training step took 12 s instead of 1.7 s. A value that
    the user has set is left alone.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
