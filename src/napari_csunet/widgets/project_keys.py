"""Page Up and Page Down go through the micrographs of a project; napari uses neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.components import ViewerModel

STEPS = {"PageUp": -1, "PageDown": 1}


def bind_step_keys(viewer: ViewerModel, step: Callable[[int], None]) -> None:
    for key, by in STEPS.items():
        viewer.bind_key(key, _stepper(step, by), overwrite=True)


def unbind_step_keys(viewer: ViewerModel) -> None:
    for key in STEPS:
        viewer.bind_key(key, None, overwrite=True)


def _stepper(step: Callable[[int], None], by: int) -> Callable[[Any], None]:
    return lambda viewer: step(by)
