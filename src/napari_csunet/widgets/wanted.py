"""What the user asks of a prediction."""

from __future__ import annotations

from dataclasses import dataclass

from napari_csunet.config import PredictionConfig


@dataclass(frozen=True)
class Wanted:
    """How to predict, how many minutes to adapt to the micrographs first (None: not at all), and which layers come."""

    config: PredictionConfig
    adapting_minutes: float | None = None
    probability: bool = False
    uncertainty: bool = False
