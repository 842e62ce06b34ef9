"""What ``napari-csunet fine-tune`` does with its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from napari_csunet.cli.arguments import class_table, config_from, read_labelled
from napari_csunet.cli.output import scores_object, scores_text
from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.config import TrainingConfig
from napari_csunet.reports import TrainingReport

Paths = Sequence[str]


def training_config(network: Mapping[str, str | None], start_from: Path | None, **run: Any) -> TrainingConfig:
    """Settings from the options that describe the network and those that describe the run; None is not given."""
    if run["minutes"] is not None and run["steps"] is not None:
        raise typer.BadParameter("give --minutes or --steps, not both")
    if start_from is not None and any(network.values()):
        raise typer.BadParameter(
            "--start-from takes the network of the checkpoint; leave out what describes another one"
        )
    return config_from(TrainingConfig, **network, **run)


def run_fine_tune(
    labelled: tuple[Paths, Paths],
    held_out: tuple[Paths | None, Paths | None],
    classes: str | None,
    config: TrainingConfig,
    **outcome: Any,
) -> TrainingReport:
    """Reads micrographs and labels and trains; ``outcome`` holds out, start_from and overwrite. The last report."""
    if bool(held_out[0]) != bool(held_out[1]):
        raise typer.BadParameter("give --validation and --validation-labels together")
    micrographs, arrays = read_labelled(*labelled)
    validation = read_labelled(held_out[0], held_out[1]) if held_out[0] and held_out[1] else None
    table = class_table(classes, arrays, outcome["start_from"])
    from napari_csunet.training.fine_tuning import fine_tune

    reports = fine_tune(micrographs, arrays, table, config, validation=validation, **outcome)
    return _last_before_interrupt(reports, outcome["out"])


def outcome_object(last: TrainingReport, out: Path) -> dict[str, Any]:
    """What ``fine-tune --json`` prints."""
    return {
        "checkpoint": str(out),
        "finished": last.kind == "finished",
        "steps": last.step,
        "seconds": last.progress.elapsed_s,
        "verdict": last.message,
        "validation": None if last.scores is None else scores_object(last.scores),
    }


def outcome_text(last: TrainingReport, out: Path) -> str:
    return f"{out}" + ("" if last.scores is None else f"\n{scores_text(last.scores)}")


def _last_before_interrupt(reports: Any, out: Path) -> TrainingReport:
    """The last report; Ctrl-C ends the training early and keeps the best state, if one has been written."""
    last: TrainingReport | None = None
    try:
        for report in with_progress_bar(reports, "Fine-tune"):
            last = report
    except KeyboardInterrupt:
        reports.close()
        if last is None or not last.step or not out.is_file():
            raise
    if last is None:
        raise RuntimeError("the training ended without a report")
    return last
