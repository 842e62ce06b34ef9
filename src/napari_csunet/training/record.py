"""The record of one fine-tuning: its history, and the best state, which is on disk from the first validation on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy.typing as npt
from torch import nn

from napari_csunet.checkpoint import Checkpoint, Provenance, array_sha256, copied_state, versions
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.reports import Progress, Scores
from napari_csunet.training.annotated import AnnotatedSet
from napari_csunet.training.kept_scores import metrics_of
from napari_csunet.training.starting_point import StartingPoint


class Record:
    """Takes the scores as they come and keeps the last state that is not clearly worse than an earlier one.

    A few held-out strokes score by chance, while the averaged weights get better all through a falling learning rate.
    """

    def __init__(self, out: Path, provenance: Provenance, measured_on: str, tolerance: float = 0.0) -> None:
        """``tolerance``: loss in mean IoU on held-out labels that is not more than chance."""
        self.out = out
        self.history: list[dict[str, float]] = []
        self.best: Checkpoint | None = None
        self.best_scores: Scores | None = None
        self._provenance = provenance
        self._measured_on = measured_on
        self._best_score = -math.inf
        self._tolerance = tolerance

    @property
    def provenance(self) -> Provenance:
        """What is known of the checkpoint, but for what comes with each state of the network."""
        return self._provenance

    def add(self, progress: Progress, step: int, loss: float, scores: Scores | None, model: nn.Module) -> bool:
        """Adds a line to the history; returns whether the network is now the best, and keeps it if so."""
        figures = {"step": step, "seconds": progress.elapsed_s, "loss": loss}
        if scores is not None:
            figures |= {"mean_iou": scores.mean_iou, "pooled_iou": scores.pooled_iou}
        self.history.append({name: figure for name, figure in figures.items() if math.isfinite(figure)})
        score = step if scores is None else scores.mean_iou
        if score < self._best_score - self._tolerance:
            return False
        self._best_score = max(score, self._best_score)
        self.keep(model, scores)
        return True

    def forget_scores(self) -> None:
        """The next state is the best so far, whatever earlier ones scored by other labels."""
        self._best_score = -math.inf

    def note_labels(self, name: str, labels: npt.NDArray[Any]) -> None:
        """What is kept from now on has learnt from these labels of the micrograph ``name``."""
        hashes = {**self._provenance.label_sha256, name: array_sha256(labels)}
        self._provenance = self._provenance.model_copy(update={"label_sha256": hashes})

    def keep(self, model: nn.Module, scores: Scores | None) -> None:
        """Writes the state of a network to disk, in place of what this record wrote before."""
        news = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "history": tuple(self.history),
            "metrics": metrics_of(scores, self._measured_on),
        }
        checkpoint = Checkpoint(self._provenance.model_copy(update=news), copied_state(model), self.out)
        checkpoint.save(self.out, overwrite=True)
        self.best, self.best_scores = checkpoint, scores


def initial_provenance(
    start: StartingPoint,
    labelled: AnnotatedSet,
    config: TrainingConfig,
    micrographs: Sequence[Micrograph],
    labels: Sequence[npt.NDArray[Any]],
) -> Provenance:
    """What is known about a checkpoint before the first step."""
    size = _common_pixel_size(labelled, start.pixel_size)
    return Provenance(
        model=start.config,
        classes=labelled.classes,
        reduction=labelled.reduction,
        normalisation=start.normalisation,
        training=config,
        pixel_size_nm=None if size is None else (size.y_nm, size.x_nm),
        encoder_weights=start.encoder_weights,
        versions=versions(),
        label_sha256={m.name: array_sha256(array) for m, array in zip(micrographs, labels, strict=True)},
    )


def _common_pixel_size(labelled: AnnotatedSet, earlier: PixelSize | None) -> PixelSize | None:
    """That of the micrographs that train, and that trained ``earlier``; None if they differ: it has seen several."""
    micrographs = [(one.recorded or one).micrograph for one in labelled.training]
    sizes = [size for size in (earlier, *(one.pixel_size for one in micrographs)) if size is not None]
    return sizes[0] if sizes and all(one.is_like(other) for one, other in combinations(sizes, 2)) else None
