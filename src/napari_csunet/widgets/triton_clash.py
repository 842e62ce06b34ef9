"""Keeps napari alive: on Linux, Mesa's graphics driver and Triton (a part of torch) each bring their own LLVM.

Whichever comes second binds to the symbols of the first and crashes the process. Loading Triton's library with
RTLD_DEEPBIND before torch does makes it use its own.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path


def load_triton_apart() -> None:
    """Does nothing where Triton is absent or the system knows no such binding."""
    flag, triton = getattr(os, "RTLD_DEEPBIND", None), find_spec("triton")
    if flag is None or triton is None or triton.origin is None:
        return
    with suppress(OSError):  # another version that keeps it elsewhere: then torch loads it as ever
        ctypes.CDLL(str(Path(triton.origin).parent / "_C" / "libtriton.so"), os.RTLD_LAZY | flag)
