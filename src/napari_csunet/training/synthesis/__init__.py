"""Synthetic micrographs with exact masks, made in batches on any device."""

from napari_csunet.training.synthesis.families import FAMILIES, Family, synthesise
from napari_csunet.training.synthesis.randomised import (
    CLASS_NAMES,
    CLASS_OFFSETS,
    class_indices,
    synthesise_training,
)
from napari_csunet.training.synthesis.recording import IGNORED
from napari_csunet.training.synthesis.training_families import TRAINING_FAMILIES

__all__ = [
    "CLASS_NAMES",
    "CLASS_OFFSETS",
    "FAMILIES",
    "IGNORED",
    "TRAINING_FAMILIES",
    "Family",
    "class_indices",
    "synthesise",
    "synthesise_training",
]
