"""Segment micrographs with few labels. The names below are loaded on first use, so that importing this is instant."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.classes import ClassTable
    from napari_csunet.config import AdaptingConfig, PredictionConfig, TrainingConfig
    from napari_csunet.inference.prediction import predict, predict_stream
    from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
    from napari_csunet.micrographs.reading import read_labels, read_micrograph
    from napari_csunet.micrographs.writing import write_mask
    from napari_csunet.training.adapting.run import adapt
    from napari_csunet.training.fine_tuning import fine_tune

__all__ = [
    "AdaptingConfig",
    "ClassTable",
    "Micrograph",
    "PixelSize",
    "PredictionConfig",
    "TrainingConfig",
    "__version__",
    "adapt",
    "fine_tune",
    "load_checkpoint",
    "predict",
    "predict_stream",
    "read_labels",
    "read_micrograph",
    "write_mask",
]

_ROOMS = {
    "AdaptingConfig": "config",
    "ClassTable": "classes",
    "Micrograph": "micrographs.micrograph",
    "PixelSize": "micrographs.micrograph",
    "PredictionConfig": "config",
    "TrainingConfig": "config",
    "adapt": "training.adapting.run",
    "fine_tune": "training.fine_tuning",
    "load_checkpoint": "checkpoint",
    "predict": "inference.prediction",
    "predict_stream": "inference.prediction",
    "read_labels": "micrographs.reading",
    "read_micrograph": "micrographs.reading",
    "write_mask": "micrographs.writing",
}


def __getattr__(name: str) -> Any:
    value = _version() if name == "__version__" else _load(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import version

    return version("napari-csunet")


def _load(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
