"""Few-shot fine-tuning: a generator that trains, validates, previews and keeps the best state on disk."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from napari_csunet.checkpoint import read_provenance
from napari_csunet.classes import ClassTable
from napari_csunet.config import PATCH_SIZE, TrainingConfig
from napari_csunet.device import MemorySettings, device_label, is_out_of_memory, resolve_device, resolve_precision
from napari_csunet.inference.preview import preview
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.micrographs.replacing import check_writable
from napari_csunet.reports import Preview, PreviewRequest, ReportKind, Scores, TrainingReport
from napari_csunet.thread_count import ThreadCount, thread_count_for
from napari_csunet.training.annotated import AnnotatedSet, AnnotatedSlice, are_strokes, check_trainable, class_counts
from napari_csunet.training.budget import Budget
from napari_csunet.training.joining import joined
from napari_csunet.training.labelling import Change, Labelling
from napari_csunet.training.losses import SegmentationLoss
from napari_csunet.training.optimisation import Optimisation
from napari_csunet.training.patches import PatchSampler
from napari_csunet.training.preparation import Labels, for_strokes_or_masks, prepare, with_layers_considered
from napari_csunet.training.prior import with_priors
from napari_csunet.training.record import Record, initial_provenance
from napari_csunet.training.starting_point import StartingPoint, fetching, starting_point, with_weights_that_exist
from napari_csunet.training.validation import Validation
from napari_csunet.training.verdict import verdict

Micrographs = Sequence[Micrograph | npt.NDArray[Any]]
Reports = Generator[TrainingReport, PreviewRequest | None, None]

VALIDATIONS_IN_A_RUN = 10
VALIDATION_TIME_SHARE = 0.07
PREVIEW_TIME_SHARE = 0.1
PRIOR_TIME_SHARE = 0.15
SAVING_S = 0.5
CHANCE = 0.03
"""By how much the mean IoU on a few held-out strokes may fall without meaning anything."""
DETAIL_DROPPED = 0.5
"""Share of patches that go without filter responses where labels are full; under strokes they are needed."""


def fine_tune(
    micrographs: Micrographs,
    labels: Labels,
    classes: ClassTable,
    config: TrainingConfig | None = None,
    *,
    out: Path | str,
    validation: tuple[Micrographs, Labels] | None = None,
    start_from: Path | str | None = None,
    overwrite: bool = False,
    labelling: Labelling | None = None,
) -> Reports:
    """Trains on every labelled pixel of the micrographs and writes the best state to ``out`` as it goes.

    labels: one integer array for each micrograph, (h, w) or (slices, h, w). ``validation`` gives micrographs and labels
    to judge by; without it some labelled regions are held out. ``start_from`` continues from a checkpoint.
    ``labelling`` tells what was corrected, and takes labels that change while the network learns.
    Closing the generator stops the training; the best state so far stays on disk. Sending a ``PreviewRequest`` is
    answered by a report of the kind "preview". Raises CSUNetError for anything that the user can mend.
    """
    config = with_weights_that_exist(config or TrainingConfig())
    labelling = labelling or Labelling()
    budget = Budget(config)
    check_writable(out, overwrite=overwrite)
    queue = _as_micrographs(micrographs)
    earlier = None if start_from is None else read_provenance(start_from)
    normalisation = Normalisation() if earlier is None else earlier.normalisation
    if earlier is not None:
        config = config.model_copy(update={"reduction": config.reduction or earlier.reduction})
    held_out = None if validation is None else (_as_micrographs(validation[0]), validation[1])
    preparation = prepare(queue, labels, classes, config, normalisation, held_out, labelling.corrected)
    labelled = yield from _telling("Finding the scale to work at…", preparation, budget)
    before = time.monotonic()
    for download in fetching(config, start_from):
        yield TrainingReport("download", 0, download)
    budget.leave_out(time.monotonic() - before)
    config = for_strokes_or_masks(config, labelled)
    if config.prior and start_from is None:
        looking = with_priors(labelled, config.device, config.seed, PRIOR_TIME_SHARE * budget.seconds)
        labelled = yield from _telling("Looking at the micrographs…", looking, budget)
    config, labelled = with_layers_considered(config, labelled)
    start = starting_point([one.micrograph for one in labelled.training], classes, config, start_from)
    provenance = initial_provenance(start, labelled, config, queue, labels)
    judged_by_strokes = all(are_strokes(some) for some in (labelled.training, labelled.validation) if some)
    record = Record(Path(out), provenance, labelled.measured_on, CHANCE if judged_by_strokes else 0.0)
    run = FineTuning(queue, labelled, start, config, record, budget, labelling)
    try:
        yield from run.reports()
    finally:
        run.keep_something()


def _telling(
    message: str, preparation: Generator[Any, None, AnnotatedSet], budget: Budget
) -> Generator[TrainingReport, PreviewRequest | None, AnnotatedSet]:
    """Runs a preparation and says once that it takes a moment."""
    while True:
        try:
            next(preparation)
        except StopIteration as end:
            return cast(AnnotatedSet, end.value)
        yield TrainingReport("notice", 0, budget.progress(), message=message)
        message = ""


def _as_micrographs(micrographs: Micrographs) -> list[Micrograph]:
    return [
        one if isinstance(one, Micrograph) else Micrograph.from_array(one, f"micrograph {i + 1}")
        for i, one in enumerate(micrographs)
    ]


class FineTuning:
    """One fine-tuning; ``reports`` runs it."""

    def __init__(
        self,
        micrographs: Sequence[Micrograph],
        labelled: AnnotatedSet,
        start: StartingPoint,
        config: TrainingConfig,
        record: Record,
        budget: Budget,
        labelling: Labelling,
    ) -> None:
        self._micrographs = micrographs
        self._labelling = labelling
        self._config = config
        self._labelled = labelled
        self._start = start
        self._record = record
        self._budget = budget
        channels, class_count = start.config.in_channels, start.config.class_count
        device = resolve_device(config.device)
        precision = resolve_precision(config.precision, device)
        memory = MemorySettings(config.batch_size, config.patch_size or PATCH_SIZE, precision, device)
        self._counts = check_trainable(labelled.training, labelled.classes)
        self._validation = Validation(labelled.validation, labelled.classes, channels, config.seed)
        start.model.drop_detail(0.0 if are_strokes(labelled.training) else DETAIL_DROPPED)
        self._sampler = PatchSampler(labelled.training, channels, class_count, config)
        self._loss = SegmentationLoss(self._counts)
        self._optimisation = Optimisation(start.model.to(device), self._sampler, self._loss, config, memory)
        is_exact = budget.in_steps is not None  # with another number of threads, sums are rounded in another way
        self._threads = ThreadCount(1) if is_exact else thread_count_for(device)
        self._validation_cost_s = 0.0
        self._last_validation_end_s = 0.0
        self._preview_s = 0.0

    def reports(self) -> Reports:
        """Runs the training and yields what happens."""
        request = yield self._report("started", message=self._description())
        for notice in (*self._labelled.notices, *self._start.notices):
            yield self._report("notice", message=notice)
        while not self._budget.is_spent:
            for change in self._labelling.changes.take():
                yield self._report("notice", message=self._joined(change))
            self._budget.start_step()
            with self._threads.timed():
                loss, notice = self._optimisation.step(self._budget.share)
            self._budget.finish_step()
            if notice:
                yield self._report("notice", message=notice)
            if request is not None and self._may_preview() and (preview := self._preview(request)) is not None:
                yield self._report("preview", preview=preview)
            request = yield self._report("step", loss=loss)
            if self._validation_is_due():
                yield self._validated(loss)
        yield self._finished()

    def keep_something(self) -> None:
        """Writes what an early stop has reached, if nothing has been written yet."""
        if self._record.best is None and self._budget.step:
            self._record.keep(self._optimisation.averaged.module, None)

    def _joined(self, change: Change) -> str:
        """Learns from changed labels from now on; what is said of it."""
        micrograph = self._micrographs[change.micrograph]
        change = replace(change, labels=np.array(change.labels))  # whoever paints goes on
        labelled = joined(self._labelled, micrograph, change, self._start.normalisation, self._config)
        counts = class_counts(labelled.training, len(labelled.classes))
        if np.count_nonzero(counts) < 2:
            return f"Less than two classes would be left, so {micrograph.name} trains as it was."
        if labelled.validation is not self._labelled.validation:
            self._judge_by(labelled.validation)
        self._labelled, self._counts = labelled, counts
        self._sampler.draw_from(labelled.training)
        self._loss.weigh(counts)
        self._record.note_labels(micrograph.name, change.labels)
        return f"What you painted on {micrograph.name} trains from now on: {int(counts.sum()):,} labelled pixels."

    def _judge_by(self, validation: Sequence[AnnotatedSlice]) -> None:
        """Scores of before mean nothing any more."""
        classes, channels = self._labelled.classes, self._start.config.in_channels
        self._validation = Validation(validation, classes, channels, self._config.seed)
        self._record.forget_scores()

    def _description(self) -> str:
        size = sum(parameter.numel() for parameter in self._start.model.parameters()) / 1e6
        memory = self._optimisation.memory
        held_out = f"validated on {self._labelled.measured_on}" if self._validation else "not validated: too few labels"
        return (
            f"{self._start.config.architecture} with {size:.1f} million parameters on {device_label(memory.device)} "
            f"({memory.precision}), {int(self._counts.sum()):,} labelled pixels, {held_out}."
        )

    def _report(self, kind: ReportKind, **news: Any) -> TrainingReport:
        path = self._record.out if self._record.best else None
        return TrainingReport(kind, self._budget.step, self._budget.progress(), checkpoint=path, **news)

    def _validation_is_due(self) -> bool:
        budget = self._budget
        if budget.is_spent:
            return False
        if budget.in_steps is not None:
            return budget.step % max(1, budget.in_steps // VALIDATIONS_IN_A_RUN) == 0
        since = budget.elapsed_s - self._last_validation_end_s
        spacing = budget.elapsed_s / max(1e-3, budget.share) / VALIDATIONS_IN_A_RUN
        return since >= max(self._validation_cost_s / VALIDATION_TIME_SHARE, spacing)

    def _validated(self, loss: float) -> TrainingReport:
        start = time.monotonic()
        scores, best = self._recorded(loss)
        self._optimisation.keep_as_good()
        self._validation_cost_s = time.monotonic() - start
        self._last_validation_end_s = self._budget.elapsed_s
        self._budget.reserve_s = SAVING_S + self._validation_cost_s * (1 + self._validation.extra_of_full)
        return self._report("validation", loss=loss, scores=scores, best=best)

    def _recorded(self, loss: float) -> tuple[Scores | None, bool]:
        """Scores of the averaged network, and whether it is the best so far; the record keeps it if so."""
        model, memory = self._optimisation.averaged.module, self._optimisation.memory
        scores = self._validation.quick_scores(model, memory) if self._validation else None
        return scores, self._record.add(self._budget.progress(), self._budget.step, loss, scores, model)

    def _finished(self) -> TrainingReport:
        self._recorded(math.nan)
        scores = self._record.best_scores
        if self._validation.extra_of_full and self._record.best is not None:
            model, memory = self._optimisation.averaged.module, self._optimisation.memory
            model.load_state_dict(self._record.best.state)
            scores = self._validation.full_scores(model, memory)
            self._record.keep(model, scores)
        sentence = verdict(scores, self._record.history, self._labelled, self._counts)
        told = " ".join(filter(None, (self._budget.shortage(), sentence)))
        return self._report("finished", scores=scores, message=told)

    def _may_preview(self) -> bool:
        return self._preview_s <= PREVIEW_TIME_SHARE * self._budget.elapsed_s

    def _preview(self, request: PreviewRequest) -> Preview | None:
        """The mask of the region, or None if memory does not allow it now."""
        start = time.monotonic()
        model, memory = self._optimisation.averaged.module, self._optimisation.memory
        micrograph = self._micrographs[request.micrograph]
        try:
            made = preview(model, micrograph, request, self._record.provenance, memory)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return None
        self._preview_s += time.monotonic() - start
        return made
