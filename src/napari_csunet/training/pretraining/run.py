"""Pretraining as a generator of reports: budget, saving, going on after a kill."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_csunet.checkpoint import versions
from napari_csunet.config import PretrainingConfig
from napari_csunet.device import MemorySettings, device_label, resolve_device, resolve_precision
from napari_csunet.errors import OutputError
from napari_csunet.micrographs.replacing import check_writable
from napari_csunet.model.weight_loading import LoadReport
from napari_csunet.reports import TrainingReport
from napari_csunet.training.budget import Budget
from napari_csunet.training.pretraining.network import fetching, starting_network
from napari_csunet.training.pretraining.processes import own_device, process_count, rank
from napari_csunet.training.pretraining.recipe import Recipe
from napari_csunet.training.pretraining.resume_file import read_state, resume_path, write_state
from napari_csunet.training.pretraining.trainer import Trainer
from napari_csunet.training.pretraining.weights_file import LICENCE, calibrated, scores, write_weights

NOT_PART_OF_THE_RESULT = {"device", "precision", "save_minutes", "accept_partial_weights"}


@dataclass(frozen=True, eq=False)
class PretrainingReport(TrainingReport):
    """As a TrainingReport; ``record`` is what the weights file says of itself, in the last report."""

    record: dict[str, Any] = field(default_factory=dict)


def pretrain(
    recipe: Recipe, config: PretrainingConfig, *, out: Path | str, overwrite: bool = False, resume: bool = False
) -> Generator[PretrainingReport, None, None]:
    """Trains a network by a recipe and writes its weights to ``out`` and, until it is done, its state beside them.

    The file is what ``encoder_weights`` takes as a path; the state is ``<out>.resume``. Closing the generator, or
    Ctrl-C, writes both and stops, unless no step is done yet. With ``resume`` a run that was killed goes on where it
    was last written, and gives what it would have given on the same device.
    Raises OutputError if ``out`` exists, unless ``overwrite``; CheckpointError if the state to go on from differs.
    """
    check_start(Path(out), overwrite=overwrite, resume=resume)
    for download in fetching(config):
        yield PretrainingReport("download", 0, download)
    run = _Run(recipe, config, Path(out))
    state = run.state_to_go_on_from() if resume else None
    yield from run.reports(state)


def check_start(out: Path, *, overwrite: bool, resume: bool) -> None:
    """Raises OutputError if ``pretrain`` may not write to ``out``; cheap, so that it can be asked before reading."""
    there = resume_path(out)
    if out.suffix != ".safetensors":
        raise OutputError(f"{out} needs another ending: name the weights {out.with_suffix('.safetensors').name}.")
    if rank() or (resume and there.is_file()):
        return
    if resume and out.is_file() and not overwrite:
        raise OutputError(f"{out} is finished: there is no {there.name} to go on from. Choose another name.")
    check_writable(out, overwrite=overwrite)
    if there.is_file() and not overwrite:
        raise OutputError(f"{there} holds an unfinished pretraining. Add --continue, or --overwrite.")


class _Run:
    """What the steps, the reports and the files of one pretraining share."""

    def __init__(self, recipe: Recipe, config: PretrainingConfig, out: Path) -> None:
        self._recipe, self._config, self._out = recipe, config, out
        device = own_device(resolve_device(config.device))
        precision = resolve_precision(config.precision, device)
        self._memory = MemorySettings(config.batch_size, config.patch_size, precision, device)
        self._network, self._model, self._loaded = starting_network(config, recipe.objectives.values())
        self._saved_at = time.monotonic()
        self._scores: dict[str, float] = {}

    def state_to_go_on_from(self) -> dict[str, Any] | None:
        """None if there is none. The first process reads it: other computers may not see the file."""
        is_there = rank() == 0 and resume_path(self._out).is_file()
        return read_state(self._out, self._identity()) if is_there else None

    def reports(self, state: dict[str, Any] | None) -> Generator[PretrainingReport, None, None]:
        self._start(state)
        yield self._report("started", self._opening(state))
        for notice in self._recipe.notices:
            yield self._report("notice", notice)
        try:
            while not self._trainer.agreed(self._budget.is_spent):
                yield from self._step()
        except (GeneratorExit, KeyboardInterrupt):
            if self._budget.step:
                self._save()
            raise
        self._save(at_end=True)
        if rank() == 0:
            resume_path(self._out).unlink(missing_ok=True)
        yield self._report("finished", self._closing(), record=self._record(), checkpoint=self._out)

    def _start(self, state: dict[str, Any] | None) -> None:
        if state is not None:
            self._memory = replace(self._memory, **state["memory"])
        self._trainer = Trainer(self._network, self._recipe, self._config, self._memory)
        state = self._trainer.agreed(state)
        self._budget = Budget(self._config)
        if state is not None:
            self._trainer.load_state(state)
            self._budget = Budget(self._config, state["step"], state["elapsed_s"])

    def _step(self) -> Generator[PretrainingReport, None, None]:
        self._budget.start_step()
        loss, notice = self._trainer.step(self._budget.step, self._trainer.agreed(self._budget.share))
        self._budget.finish_step()
        if notice:
            yield self._report("notice", notice)
        if time.monotonic() - self._saved_at >= 60 * self._config.save_minutes:
            self._save()
        yield self._report("step", loss=loss)

    def _report(self, kind: Any, message: str = "", **more: Any) -> PretrainingReport:
        return PretrainingReport(kind, self._budget.step, self._budget.progress(), message=message, **more)

    def _save(self, *, at_end: bool = False) -> None:
        """The state first: were the weights first, a kill between the two would lose steps that they contain."""
        if rank() == 0:
            progress = {"step": self._budget.step, "elapsed_s": self._budget.elapsed_s}
            write_state(self._out, self._identity(), {**progress, **self._trainer.state()})
            memory = self._trainer.memory
            averaged: Any = self._trainer.averaged.module
            network = calibrated(averaged.network, self._recipe, self._config.seed, memory.batch_size, memory.side)
            self._scores = scores(network, averaged.heads, self._recipe, memory.side, quick=not at_end)
            write_weights(self._out, network, self._recipe.parts, self._record())
        self._saved_at = time.monotonic()

    def _identity(self) -> dict[str, Any]:
        """What must not change when a run goes on."""
        return {
            **self._config.model_dump(mode="json", exclude=NOT_PART_OF_THE_RESULT),
            "objectives": self._recipe.describe(),
            "starting_weights": _hashes(self._loaded),
            "processes": process_count(),
        }

    def _record(self) -> dict[str, Any]:
        return {
            "model": self._model.model_dump(mode="json"),
            "recipe": self._recipe.describe(),
            "config": {**self._config.model_dump(mode="json"), **self._weights_named()},
            "steps": self._budget.step,
            "images": self._trainer.images,
            "minutes": round(self._budget.elapsed_s / 60, 2),
            "share_of_time_drawing": round(self._trainer.drawing_s / max(1e-9, self._budget.elapsed_s), 3),
            "scores": self._scores,
            "processes": process_count(),
            "machine": device_label(self._memory.device),
            "starting_weights": _hashes(self._loaded),
            "versions": versions(),
            "licence": LICENCE,
        }

    def _weights_named(self) -> dict[str, str]:
        """What the encoders started from, files without their folders: those of other computers mean nothing."""
        asked = {"encoder_weights": self._config.encoder_weights, "swin_weights": self._config.swin_weights}
        return {name: Path(weights).name for name, weights in asked.items() if weights is not None}

    def _opening(self, state: dict[str, Any] | None) -> str:
        where = device_label(self._memory.device) + (f", {process_count()} processes" if process_count() > 1 else "")
        then = "" if state is None else f", going on after step {self._budget.step}"
        shares = ", ".join(f"{name} {share:.0%}" for name, share in self._recipe.shares.items())
        return f"Pretraining ({shares}) on {where}{then}."

    def _closing(self) -> str:
        drawing = self._trainer.drawing_s / max(1e-9, self._budget.elapsed_s)
        return (
            f"{self._trainer.images:,} patches in {self._budget.step:,} steps; drawing them took {drawing:.0%} of the "
            f"time.{''.join(f' {name}: {value:.1%}.' for name, value in self._scores.items())} Weights: {self._out}"
        )


def _hashes(loaded: tuple[LoadReport, ...]) -> dict[str, str]:
    return {report.encoder: report.sha256 for report in loaded}
