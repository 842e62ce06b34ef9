"""Prediction of the closed micrographs of a project: each mask is saved before the next picture is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.config import PredictionConfig
from napari_csunet.errors import CSUNetError
from napari_csunet.inference.prediction import Clock, Predictor
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.project.predicted_masks import MaskPlace, Settled
from napari_csunet.project.project import Project
from napari_csunet.project.saving import MaskToSave
from napari_csunet.reports import ModelFile, Prediction, PredictionReport, Progress

NOTHING_TO_DO = Progress(1, 1, 0.0, 0.0)


class ClosedPrediction:
    """A checkpoint that is applied to micrographs of a project; it ends once the project is no more ``is_open``."""

    def __init__(
        self, checkpoint: Checkpoint, project: Project, config: PredictionConfig, is_open: Callable[[], bool]
    ) -> None:
        self._predictor = Predictor(checkpoint, config)
        self._classes = checkpoint.classes
        self._model = None if checkpoint.path is None else ModelFile.of(checkpoint.path)
        self._project, self._is_open = project, is_open

    def reports(self, places: Sequence[MaskPlace]) -> Iterator[PredictionReport]:
        """Those of each micrograph, with progress through it alone; the last one is ``Settled``.

        A picture that cannot be read is left out and told. Raises OutputError if a mask cannot be written.
        """
        for place in places:
            if not self._is_open():
                return
            try:
                micrograph = place.read()
            except CSUNetError as error:
                yield Settled(NOTHING_TO_DO, place.key, place.left_out(error))
                continue
            yield from self._of(place, micrograph)

    def _of(self, place: MaskPlace, micrograph: Micrograph) -> Iterator[PredictionReport]:
        clock = Clock(micrograph.slice_count * micrograph.size[0] * micrograph.size[1])
        for report in self._predictor.stream(micrograph, clock, probability=False, uncertainty=True):
            if not self._is_open():
                return
            if report.prediction is None:
                yield report
            else:
                yield from self._saved(place, report, report.prediction, micrograph.pixel_size)

    def _saved(
        self, place: MaskPlace, report: PredictionReport, prediction: Prediction, size: PixelSize | None
    ) -> Iterator[Settled]:
        may_be_corrected = place.may_be_corrected(prediction.mask.shape)
        if not self._is_open():  # that may have taken a while
            return
        aside = self._project.set_mask_aside(place.key) if may_be_corrected else None
        mask = MaskToSave(
            place.key, place.path, prediction.mask, self._classes, size, is_predicted=True, model=self._model
        )
        changes = {**mask.save().changes, "uncertainty": _mean_uncertainty(prediction)}
        name = "" if aside is None else aside.name
        yield Settled(report.progress, place.key, "", prediction, report.area_fractions, changes=changes, aside=name)


def _mean_uncertainty(prediction: Prediction) -> float | None:
    return None if prediction.uncertainty is None else round(float(np.mean(prediction.uncertainty)), 4)
