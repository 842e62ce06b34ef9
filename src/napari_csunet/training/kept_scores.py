"""Scores as a checkpoint keeps them among its metrics, in plain numbers and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from napari_csunet.reports import ClassScore, Interval, Scores, Spread

KEY = "scores"
"""Among the metrics; earlier checkpoints do not have it."""


def metrics_of(scores: Scores | None, measured_on: str) -> dict[str, Any]:
    """Metrics of a checkpoint; none if nothing was measured. ``measured_on`` says where the judged labels lie."""
    if scores is None:
        return {}
    per_class = {name: score.iou for name, score in scores.per_class.items() if np.isfinite(score.iou)}
    figures = {"mean_iou": scores.mean_iou, "pooled_iou": scores.pooled_iou, "iou": per_class}
    return {**figures, "measured_on": measured_on, KEY: asdict(scores)}


def kept_scores(metrics: Mapping[str, Any]) -> Scores | None:
    """What ``metrics_of`` kept; None if it is not there or not complete."""
    try:
        kept = metrics[KEY]
        return Scores(
            kept["pooled_iou"],
            kept["mean_iou"],
            kept["accuracy"],
            {name: ClassScore(**score) for name, score in kept["per_class"].items()},
            tuple(tuple(row) for row in kept["confusion"]),
            _spread(kept["spread"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _spread(kept: Mapping[str, Any] | None) -> Spread | None:
    if kept is None:
        return None
    iou, dice = ({name: _interval(ends) for name, ends in kept[what].items()} for what in ("iou", "dice"))
    return Spread(_interval(kept["mean_iou"]), iou, dice, kept["places"], kept["count"])


def _interval(ends: Any) -> Interval:
    low, high = ends
    return float(low), float(high)
