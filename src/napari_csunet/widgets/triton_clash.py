"""Keeps napari alive: on Linux, Mesa's graphics driver and Triton (a part of torch) each bring their own LLVM.

Whichever comes second binds to the symbols of the first, and the process crashes, at once or at a later drawing. Only
compute cards use Triton, so where there is none it is kept out of the process.
"""

from __future__ import annotations

import sys
from pathlib import Path

COMPUTE_CARDS = ("/dev/nvidiactl", "/dev/kfd")


def keep_triton_out() -> None:
    """Makes later imports of Triton fail, on Linux without a compute card; torch then does without."""
    if sys.platform.startswith("linux") and not any(Path(card).exists() for card in COMPUTE_CARDS):
        sys.modules.setdefault("triton", None)  # type: ignore[arg-type] # Python's documented way to block a module
