"""Reads a micrograph of a project in a thread, and first what napari loads with a first layer."""

from __future__ import annotations

import time
from collections.abc import Generator

from napari_csunet.project.opening import Opened, Places, open_micrograph
from napari_csunet.widgets.engine import load_for_first_layer

PAUSE_S = 0.05
PATIENCE_S = 30.0


def read_for_window(places: Places) -> Generator[Opened, None, None]:
    """As ``open_micrograph``."""
    _wait_for_units()
    yield from open_micrograph(places)


def _wait_for_units() -> None:
    """While another thread (that of WarmUp) reads pint's definitions, units are unknown and layers cannot be made."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            for _ in load_for_first_layer():
                return
        except AttributeError:  # of which pint's UndefinedUnitError is one
            time.sleep(PAUSE_S)
