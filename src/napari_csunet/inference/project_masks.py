"""Prediction of the closed micrographs of a project: each mask is saved before the next picture is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.config import PredictionConfig
from napari_csunet.errors import CSUNetError
from napari_csunet.inference.prediction import Clock, Predictor
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.project.predicted_masks import MaskPlace, Settled
from napari_csunet.project.project import Project
from napari_csunet.project.saving import MaskToSave
from napari_csunet.reports import Prediction, PredictionReport, Progress

NOTHING_TO_DO = Progress(1, 1, 0.0, 0.0)


class ClosedPrediction:
    """A checkpoint that is applied to micrographs of a project; it ends once the project is no more ``is_open``."""

    def __init__(
        self, checkpoint: Checkpoint, project: Project, config: PredictionConfig, is_open: Callable[[], bool]
    ) -> None:
        self._predictor = Predictor(checkpoint, config)
        self._classes = checkpoint.classes
        self._project, self._is_open = project, is_open

    def reports(self, places: Sequence[MaskPlace]) -> Iterator[PredictionReport]:
        """Those of each micrograph, with progress through it alone; the last one is ``Settled``.

        A picture that cannot be read is left out and told. Raises OutputError if a mask cannot be written.
        """
        for place in places:
            try:
                micrograph = place.read()
            except CSUNetError as error:
                yield Settled(NOTHING_TO_DO, place.key, f"{place.key} is left out: {error}")
                continue
            yield from self._of(place, micrograph)

    def _of(self, place: MaskPlace, micrograph: Micrograph) -> Iterator[PredictionReport]:
        clock = Clock(micrograph.slice_count * micrograph.size[0] * micrograph.size[1])
        for report in self._predictor.stream(micrograph, clock, probability=False, uncertainty=True):
            if not self._is_open():
                return
            if report.prediction is None:
                yield report
                continue
            aside = self._set_aside(place, report.prediction)
            mask = MaskToSave(place.key, place.path, report.prediction.mask, self._classes, micrograph.pixel_size)
            changes = {"predicted": mask.save().checksum, "uncertainty": _mean_uncertainty(report.prediction)}
            fractions = report.area_fractions
            yield Settled(report.progress, place.key, "", report.prediction, fractions, changes=changes, aside=aside)

    def _set_aside(self, place: MaskPlace, prediction: Prediction) -> str:
        aside = None
        if place.may_be_corrected(prediction.mask.shape):
            aside = self._project.set_mask_aside(place.key)
        return "" if aside is None else aside.name


def _mean_uncertainty(prediction: Prediction) -> float | None:
    return None if prediction.uncertainty is None else round(float(np.mean(prediction.uncertainty)), 4)
