"""Self-training of a copy of a checkpoint: ends with an adapted checkpoint, or says why there is none."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt

from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state, versions
from napari_csunet.config import PATCH_SIZE, AdaptingConfig, TrainingConfig
from napari_csunet.device import MemorySettings, resolve_device, resolve_precision
from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.replacing import check_writable
from napari_csunet.reports import ReportKind, TrainingReport
from napari_csunet.thread_count import ThreadCount, thread_count_for
from napari_csunet.training.adapting.agreement import Agreement, agreement_of
from napari_csunet.training.adapting.looking import Answer, Onlooker
from napari_csunet.training.adapting.targets import targets
from napari_csunet.training.adapting.unlabelled_patches import SharesKept, UnlabelledPatches
from napari_csunet.training.budget import Budget
from napari_csunet.training.optimisation import Optimisation

Reports = Generator[TrainingReport, None, None]
Seen = TypeVar("Seen")

KEY = "adaptation"
"""Among the metrics of an adapted checkpoint: from which one, to which micrographs, and how far it went."""
CHECKED_AT = 0.5
"""Share of the run at which agreement is looked at for the first time."""
SAVING_S = 0.5
FEWEST_STEPS = 10
"""Below it a budget in minutes has taught the network next to nothing."""
LOOKING_SHARE = 0.25
"""Of the time, for what the original says of the micrographs."""


def adapt(
    checkpoint: Checkpoint,
    micrographs: Sequence[Micrograph | npt.NDArray[Any]],
    config: AdaptingConfig | None = None,
    *,
    out: Path | str,
    overwrite: bool = False,
) -> Reports:
    """Has a copy of the checkpoint learn from micrographs without labels, and writes it to ``out`` in the end.

    The report "finished" has the path of the adapted checkpoint, or none if it no longer agreed with the original; the
    message says so. Closing the generator leaves nothing behind. Raises CSUNetError for what the user can mend.
    """
    config = config or AdaptingConfig()
    check_writable(out, overwrite=overwrite)
    queue = [m if isinstance(m, Micrograph) else Micrograph.from_array(m) for m in micrographs]
    if not queue:
        raise MicrographError("There is no micrograph to adapt to. Give at least one.")
    yield from Adapting(checkpoint, queue, config, Path(out), overwrite=overwrite).reports()


class Adapting:
    """One adaptation; ``reports`` runs it."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        micrographs: Sequence[Micrograph],
        config: AdaptingConfig,
        out: Path,
        *,
        overwrite: bool,
    ) -> None:
        self._checkpoint, self._config = checkpoint, config
        self._out, self._overwrite = out, overwrite
        self._names = [one.name for one in micrographs]
        self._training = training_of(checkpoint.provenance, config)
        self._budget = Budget(self._training)
        self._targets = targets(micrographs, checkpoint.provenance, config.seed)

    def reports(self) -> Reports:
        """Looks at the micrographs, learns from them, and keeps the result if it still sees what the original saw."""
        yield self._report("started", message=f"Adapting to {count_of(self._names)}…")
        first = yield from self._first_answers()
        optimisation = self._optimisation(first)
        agreement = yield from self._learning(optimisation, first)
        if agreement is None or not agreement.holds(self._config.least_agreement):
            why = self._too_little_time() if agreement is None else f"Adapting did not work: {agreement}."
            yield self._report("finished", message=f"{why} The original is used.")
            return
        path = self._kept(optimisation, agreement)
        looked_at = len({target.micrograph.name for target in self._targets})
        some = f"{looked_at} of " if looked_at < len(set(self._names)) else ""
        told = f"Adapted to {some}{count_of(self._names)}: {agreement}."
        yield self._report("finished", message=told, checkpoint=path)

    def _first_answers(self) -> Generator[TrainingReport, None, list[Answer]]:
        """What the original says; what the time does not suffice to look at is left out."""
        onlooker = Onlooker(self._checkpoint, self._config, views=True)
        looks = onlooker.looks(self._targets, LOOKING_SHARE * self._budget.seconds)
        self._targets, first = yield from self._told(looks)
        return first

    def _learning(
        self, optimisation: Optimisation, first: Sequence[Answer]
    ) -> Generator[TrainingReport, None, Agreement | None]:
        """Steps until the time is over, or half of it if agreement has fallen apart; None if there were too few."""
        budget, is_checked = self._budget, False
        threads = ThreadCount(1) if budget.in_steps is not None else thread_count_for(optimisation.memory.device)
        while not (budget.is_spent or budget.elapsed_s >= budget.seconds):
            budget.start_step()
            with threads.timed():
                loss, notice = optimisation.step(budget.share)
            budget.finish_step()
            yield self._report("step", loss=loss, message=notice)
            if budget.share >= CHECKED_AT and not is_checked and not budget.is_spent:
                is_checked = True
                agreement = yield from self._agreement(optimisation, first)
                if not agreement.holds(self._config.least_agreement):
                    return agreement
        if budget.in_steps is None and budget.step < FEWEST_STEPS:
            return None
        return (yield from self._agreement(optimisation, first))

    def _agreement(
        self, optimisation: Optimisation, first: Sequence[Answer]
    ) -> Generator[TrainingReport, None, Agreement]:
        start = time.monotonic()
        onlooker = Onlooker(self._averaged(optimisation), self._config, views=False)
        now = yield from self._told(onlooker.answers(self._targets))
        self._budget.reserve_s = SAVING_S + time.monotonic() - start
        return agreement_of(first, now, self._checkpoint.classes)

    def _told(self, looking: Generator[str, None, Seen]) -> Generator[TrainingReport, None, Seen]:
        """What comes of looking; its sentences become reports."""
        while True:
            try:
                message = next(looking)
            except StopIteration as end:
                seen: Seen = end.value
                return seen
            yield self._report("notice", message=message)

    def _too_little_time(self) -> str:
        made = f"{self._budget.step} step{'s' if self._budget.step != 1 else ''}"
        return f"There was too little time to adapt: {made}, at least {FEWEST_STEPS} are needed. Give it more minutes."

    def _optimisation(self, first: Sequence[Answer]) -> Optimisation:
        device = resolve_device(self._config.device)
        precision = resolve_precision(self._config.precision, device)
        memory = MemorySettings(self._training.batch_size, self._training.patch_size or PATCH_SIZE, precision, device)
        pictures = [target.picture for target in self._targets]
        patches = UnlabelledPatches(pictures, first, self._checkpoint.provenance, self._training)
        model = self._checkpoint.build_model().to(device)
        return Optimisation(model, patches, SharesKept(patches), self._training, memory)

    def _averaged(self, optimisation: Optimisation) -> Checkpoint:
        return Checkpoint(self._checkpoint.provenance, copied_state(optimisation.averaged.module))

    def _kept(self, optimisation: Optimisation, agreement: Agreement) -> Path:
        """Scores of the original say nothing of the adapted network, so they go."""
        news = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": versions(),
            "metrics": {KEY: self._description(agreement)},
        }
        provenance = self._checkpoint.provenance.model_copy(update=news)
        state = copied_state(optimisation.averaged.module)
        return Checkpoint(provenance, state).save(self._out, overwrite=self._overwrite)

    def _description(self, agreement: Agreement) -> dict[str, Any]:
        original = self._checkpoint.path
        is_there = original is not None and original.is_file()
        return {
            "checkpoint": None if original is None else original.name,
            "checkpoint_sha256": hashlib.sha256(original.read_bytes()).hexdigest() if original and is_there else None,
            "micrographs": [target.description() for target in self._targets],
            "steps": self._budget.step,
            "seconds": round(self._budget.elapsed_s, 1),
            "agreement": round(agreement.share, 4),
            "settings": self._config.model_dump(),
        }

    def _report(self, kind: ReportKind, **news: Any) -> TrainingReport:
        return TrainingReport(kind, self._budget.step, self._budget.progress(), **news)


def training_of(provenance: Provenance, config: AdaptingConfig) -> TrainingConfig:
    """The training of the checkpoint, as far as it is repeated without labels."""
    repeated = {"minutes", "steps", "learning_rate", "intensity", "device", "precision", "seed"}
    settings = config.model_dump(include=repeated) | {"affinity": 0.0, "teaching": 1.0}
    return provenance.training.model_copy(update=settings)


def count_of(names: Sequence[str]) -> str:
    return f"{len(names)} micrographs" if len(names) > 1 else "1 micrograph"
