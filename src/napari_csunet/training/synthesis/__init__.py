"""Synthetic micrographs with exact masks, made in batches on any device."""

from napari_csunet.training.synthesis.families import FAMILIES, Family, synthesise

__all__ = ["FAMILIES", "Family", "synthesise"]
