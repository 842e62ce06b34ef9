"""``napari-csunet cross-validate``: leaves each labelled micrograph out once and judges by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from napari_csunet.cli.arguments import class_table, config_from, read_labelled
from napari_csunet.cli.options import Classes, Json, Several
from napari_csunet.cli.output import print_result, scores_object
from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.config import Preset, TrainingConfig
from napari_csunet.training.leave_one_out_reports import LeftOut, mean_and_spread


def _help(field: str) -> str:
    return TrainingConfig.model_fields[field].description or ""


def cross_validate(
    images: Annotated[list[str], typer.Argument(help=f"Two to six micrographs: {Several}.")],
    labels: Annotated[
        list[str], typer.Option(help=f"Their labels, strokes or full masks: {Several}; paired by file name.")
    ],
    classes: Classes = None,
    preset: Annotated[Preset | None, typer.Option(help=_help("preset"))] = None,
    encoder_weights: Annotated[str | None, typer.Option(help=_help("encoder_weights"))] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Minutes of each training; there are as many as micrographs.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help=_help("steps"))] = None,
    device: Annotated[str, typer.Option(help=_help("device"))] = "auto",
    seed: Annotated[int, typer.Option(help=_help("seed"))] = 0,
    json: Json = False,
) -> None:
    """Leave each labelled micrograph out once: train on the others, and judge by it. Keeps no checkpoint."""
    if minutes is not None and steps is not None:
        raise typer.BadParameter("give --minutes or --steps, not both")
    run = {"preset": preset, "encoder_weights": encoder_weights, "minutes": minutes, "steps": steps}
    config = config_from(TrainingConfig, **run, device=device, seed=seed)
    micrographs, arrays = read_labelled(images, labels)
    table = class_table(classes, arrays, None)
    from napari_csunet.training.leave_one_out import leave_one_out

    *_, last = with_progress_bar(leave_one_out(micrographs, arrays, table, config), "Leave one out")
    print_result(left_out_object(last.results), left_out_text(last.results), as_json=json)


def left_out_object(results: Sequence[LeftOut]) -> dict[str, Any]:
    """What ``cross-validate --json`` prints; ``spread`` is the standard deviation between micrographs."""
    mean, spread = mean_and_spread(results)
    return {
        "mean_iou": mean,
        "spread": spread,
        "left_out": {one.name: scores_object(one.scores) for one in results},
    }


def left_out_text(results: Sequence[LeftOut]) -> str:
    """A line for each micrograph, and the mean."""
    width = max(len("left out"), *(len(one.name) for one in results))
    lines = [f"{'left out':{width}}  mean IoU"]
    lines += [f"{one.name:{width}}  {one.scores.mean_iou:8.4f}" for one in results]
    mean, spread = mean_and_spread(results)
    return "\n".join([*lines, f"{'mean':{width}}  {mean:8.4f} ± {spread:.4f} from one micrograph to another"])
