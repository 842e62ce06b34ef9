"""*Adapt to these micrographs*: a copy of a checkpoint learns from the unlabelled micrographs that it will predict."""

from __future__ import annotations

from napari_csunet.training.adapting.run import adapt

__all__ = ["adapt"]
