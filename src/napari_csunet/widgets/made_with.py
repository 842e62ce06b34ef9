"""The checkpoint that made a mask, kept with its layer for the report."""

from __future__ import annotations

from typing import cast

from napari.layers import Layer

from napari_csunet.reports import ModelFile

MODEL = "napari-csunet model"
"""Key in the metadata of a mask layer."""


def remember_model(mask: Layer, model: ModelFile | None) -> None:
    """None: it is not known."""
    mask.metadata = {**mask.metadata, MODEL: model}


def model_of(mask: Layer) -> ModelFile | None:
    return cast("ModelFile | None", mask.metadata.get(MODEL))
