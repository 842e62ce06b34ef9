"""Keys that pick a class: Alt+1 … Alt+9, because the digits alone are napari's own in label layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.components import ViewerModel

KEYS = tuple(f"Alt-{number}" for number in range(1, 10))


def bind_class_keys(viewer: ViewerModel, pick: Callable[[int], None]) -> None:
    """``pick`` takes the row of the class, from 0."""
    for row, key in enumerate(KEYS):
        viewer.bind_key(key, _picker(pick, row), overwrite=True)


def unbind_class_keys(viewer: ViewerModel) -> None:
    for key in KEYS:
        viewer.bind_key(key, None, overwrite=True)


def _picker(pick: Callable[[int], None], row: int) -> Callable[[Any], None]:
    return lambda viewer: pick(row)
