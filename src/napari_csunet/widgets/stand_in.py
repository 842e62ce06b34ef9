"""Layers that stand for a mask on screen, such as its objects in colours: what they note of their micrograph."""

from __future__ import annotations

from typing import Any

from napari.layers import Image, Layer

from napari_csunet.widgets.layers import KEY

_STANDS_ON = "stands on"


def stand_in_note(role: str, micrograph: Image | None) -> dict[str, Any]:
    """Metadata of a layer that stands for a mask of a micrograph, if that is open."""
    return {KEY: {"role": role, **({} if micrograph is None else {_STANDS_ON: str(micrograph.name)})}}


def stands_on(layer: Layer) -> str | None:
    """Name of the micrograph for whose mask a layer stands."""
    kept = layer.metadata.get(KEY, {})
    return kept.get(_STANDS_ON) if isinstance(kept, dict) else None
