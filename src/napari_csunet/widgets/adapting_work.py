"""*Adapt to these micrographs first*: what runs in the thread of a prediction, and what the adapted model is called."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from napari_csunet.config import AdaptingConfig
from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.replacing import unused_path
from napari_csunet.project.predicted_masks import MaskPlace
from napari_csunet.reports import PredictionReport, Progress
from napari_csunet.widgets.engine import MicrographSource, load, predict_layers
from napari_csunet.widgets.models import SUFFIX, model_name, models_folder
from napari_csunet.widgets.project_prediction import ClosedMicrographs, one_after_the_other
from napari_csunet.widgets.wanted import Wanted

MOST_READ = 8
"""Closed micrographs are read to be adapted to, as long as there are no more than so many, to spare memory."""
DOING = "adapting"
"""Shown beside the progress in place of a micrograph's name."""
NOT_BEGUN = Progress(0, 1, 0.0, float("nan"))


@dataclass(frozen=True, eq=False)
class AdaptedReport(PredictionReport):
    """The model has been adapted; ``checkpoint`` is the new one, or None if the original predicts."""

    checkpoint: Path | None = None


def adapt_and_predict(
    path: Path, sources: Sequence[MicrographSource], wanted: Wanted, closed: ClosedMicrographs | None = None
) -> Generator[PredictionReport, None, None]:
    """Predicts; if it is wanted, a copy of the model at ``path`` adapts to the micrographs first.

    ``closed`` micrographs of a project come after those that are open.
    """
    others = () if closed is None else closed.places
    config, adapted = wanted.config, None
    if wanted.adapting_minutes is not None:
        adapting = AdaptingConfig(minutes=wanted.adapting_minutes, device=config.device)
        adapted = yield from _adapted(path, sources, others, adapting)
    layers = {"probability": wanted.probability, "uncertainty": wanted.uncertainty}
    opened = predict_layers(adapted or path, sources, config, **layers) if sources else ()
    if closed is None:
        yield from opened
    else:
        files = closed.predicted(adapted or path, config)
        yield from one_after_the_other(opened, len(sources), files, len(sources) + len(others))


def _adapted(
    path: Path, sources: Sequence[MicrographSource], closed: Sequence[MaskPlace], config: AdaptingConfig
) -> Generator[PredictionReport, None, Path | None]:
    for _ in load("napari_csunet.training.adapting"):
        pass
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.training.adapting import adapt

    micrographs = yield from read_to_adapt(sources, closed)
    if not micrographs:
        return None
    out = adapted_model_path(path, len(micrographs))
    for report in adapt(load_checkpoint(path), micrographs, config, out=out):
        if report.kind == "finished":
            yield AdaptedReport(report.progress, DOING, report.message, checkpoint=report.checkpoint)
            return report.checkpoint
        yield PredictionReport(report.progress, DOING, report.message if report.kind != "started" else "")
    return None


def read_to_adapt(
    sources: Sequence[MicrographSource], closed: Sequence[MaskPlace]
) -> Generator[PredictionReport, None, list[Micrograph]]:
    """The open micrographs and the first closed ones; of these, what cannot be read is left out and told."""
    micrographs = [source.read() for source in sources]
    for place in closed:
        if len(micrographs) >= MOST_READ:
            break
        try:
            micrographs.append(place.read())
        except CSUNetError as error:
            yield PredictionReport(NOT_BEGUN, DOING, place.left_out(error))
    return micrographs


def adapted_model_path(path: Path, count: int, now: datetime | None = None) -> Path:
    """Unused path for the model at ``path``, adapted now to so many micrographs."""
    moment = (now or datetime.now()).strftime("%Y-%m-%d %H.%M")
    micrographs = f"{count} micrographs" if count > 1 else "1 micrograph"
    return unused_path(models_folder() / f"{model_name(path)} adapted to {micrographs} {moment}{SUFFIX}")
