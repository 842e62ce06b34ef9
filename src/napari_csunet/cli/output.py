"""What the command line prints on stdout: one JSON object, or the same as text."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import typer

from napari_csunet.reports import Scores

if TYPE_CHECKING:
    from napari_csunet.measurement.agreement import Agreement


def print_result(result: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Prints the result as one JSON object, in which what is not a number becomes null, or as text."""
    typer.echo(json.dumps(_without_nan(result), ensure_ascii=False, default=str) if as_json else text)


def scores_object(scores: Scores) -> dict[str, Any]:
    """Scores as the command line's contract names them."""
    return {
        "pooled_iou": scores.pooled_iou,
        "mean_iou": scores.mean_iou,
        "accuracy": scores.accuracy,
        "per_class": {name: vars(score) for name, score in scores.per_class.items()},
    }


def agreement_object(agreement: Agreement) -> dict[str, Any]:
    """Agreement as ``evaluate --json`` prints it."""
    images = {name: scores_object(scores) for name, scores in agreement.by_micrograph.items()}
    return {**scores_object(agreement.scores), "confusion": agreement.confusion.tolist(), "images": images}


def scores_text(scores: Scores) -> str:
    """A small table: the overall figures, then a line for each class."""
    lines = [f"pooled IoU {scores.pooled_iou:.4f}   mean IoU {scores.mean_iou:.4f}   accuracy {scores.accuracy:.4f}"]
    width = max(5, *(len(name) for name in scores.per_class))
    lines.append(f"{'class':{width}}     IoU    Dice  precision  recall      pixels")
    lines += [
        f"{name:{width}}  {one.iou:6.4f}  {one.dice:6.4f}     {one.precision:6.4f}  {one.recall:6.4f}  {one.pixels:10,}"
        for name, one in scores.per_class.items()
    ]
    return "\n".join(lines)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
