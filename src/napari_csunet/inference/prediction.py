"""Streaming prediction of micrographs: slice by slice, band by band, and what happens when memory runs out."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.classes import ClassTable
from napari_csunet.config import PredictionConfig
from napari_csunet.device import MemorySettings, is_out_of_memory, release_memory, resolve_device, resolve_precision
from napari_csunet.inference.blending import Band, Crop, Probability, bands
from napari_csunet.inference.restoration import Grid, restored
from napari_csunet.inference.seen_scale import SeenScale, as_seen, averaged, counted, seen_scale
from napari_csunet.inference.uncertainty import margin_uncertainty
from napari_csunet.inference.views import View, views_for
from napari_csunet.measurement.phases import area_fractions
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import IntensityRange, normalised_crop
from napari_csunet.micrographs.resampling import resampled
from napari_csunet.reports import Prediction, PredictionReport, Progress
from napari_csunet.thread_count import thread_count_for


def predict(
    checkpoint: Checkpoint, micrograph: Micrograph | npt.NDArray[Any], config: PredictionConfig | None = None
) -> Prediction:
    """Mask, probability and uncertainty of one micrograph or stack; see ``Prediction`` for shapes."""
    stream = predict_stream(checkpoint, [micrograph], config, probability=True, uncertainty=True)
    return next(report.prediction for report in stream if report.prediction is not None)


def predict_stream(
    checkpoint: Checkpoint,
    micrographs: Sequence[Micrograph | npt.NDArray[Any]],
    config: PredictionConfig | None = None,
    *,
    probability: bool = False,
    uncertainty: bool = False,
) -> Iterator[PredictionReport]:
    """Predicts micrographs one after the other and reports after each tile; stop it between two reports."""
    queue = [m if isinstance(m, Micrograph) else Micrograph.from_array(m) for m in micrographs]
    clock = Clock(sum(m.slice_count * m.size[0] * m.size[1] for m in queue))
    predictor = Predictor(checkpoint, config or PredictionConfig())
    for micrograph in queue:
        yield from predictor.stream(micrograph, clock, probability=probability, uncertainty=uncertainty)


class Predictor:
    """A network on a device, applied to slices; takes smaller tiles and other ways out when memory runs out."""

    def __init__(self, checkpoint: Checkpoint, config: PredictionConfig) -> None:
        self._model = checkpoint.build_model()
        self._classes = checkpoint.classes
        self._config = config
        self._normalisation = checkpoint.provenance.normalisation
        self._channels = checkpoint.provenance.model.in_channels
        self._provenance = checkpoint.provenance
        device = resolve_device(config.device)
        self._memory = MemorySettings(1, config.tile, resolve_precision(config.precision, device), device)
        self._threads = thread_count_for(device)

    def stream(
        self, micrograph: Micrograph, clock: Clock, *, probability: bool, uncertainty: bool
    ) -> Iterator[PredictionReport]:
        """A report after each tile, and a last one that holds the prediction."""
        databar = databar_rows(micrograph) if self._config.exclude_databar else None
        output = _Output(micrograph, self._classes, probability, uncertainty, databar)
        notices = [] if databar is None else [f"{micrograph.name}: the databar is left out."]
        seen = self._seen(micrograph)
        if seen.notice:
            notices.append(seen.notice)
            yield PredictionReport(clock.progress(), micrograph.name, message=seen.notice)
        for index in range(micrograph.slice_count):
            before = clock.done
            for event in self._full_size(micrograph, index, seen):
                if isinstance(event, str):
                    clock.done = before
                    notices.append(event)
                    yield PredictionReport(clock.progress(), micrograph.name, message=event)
                else:
                    output.write(index, event)
                    clock.done += event.finished_pixels
                    yield PredictionReport(clock.progress(), micrograph.name)
        prediction = output.prediction(tuple(notices))
        fractions = area_fractions(prediction.mask, self._classes)
        yield PredictionReport(clock.progress(), micrograph.name, prediction=prediction, area_fractions=fractions)

    def _seen(self, micrograph: Micrograph) -> SeenScale:
        return seen_scale(micrograph, self._provenance, match=self._config.match_pixel_size)

    def _full_size(self, micrograph: Micrograph, slice_index: int, seen: SeenScale) -> Iterator[Band | str]:
        """What ``_slice`` gives, brought from the scale that the network sees back to the size of the micrograph."""
        picture, extent = as_seen(micrograph, seen.shrink)
        intensities = self._normalisation.fit(picture, slice_index)
        events = self._slice(picture, slice_index, intensities)
        if picture is micrograph:
            return events
        size = (min(picture.size[0], micrograph.size[0]), min(picture.size[1], micrograph.size[1]))
        if size != picture.size:
            events = averaged(events, picture.size, size)
        if size != micrograph.size:
            coarse = picture if size == picture.size else resampled(micrograph, size)
            crops = [self._crop(one, slice_index, intensities) for one in (coarse, micrograph)]
            events = restored(events, Grid(size, extent), crops[0], crops[1], micrograph.size)
        return counted(events, math.prod(picture.size), math.prod(micrograph.size))

    def _crop(self, micrograph: Micrograph, slice_index: int, intensities: IntensityRange) -> Crop:
        return lambda rows, columns: normalised_crop(
            micrograph, slice_index, intensities, self._channels, (rows, columns)
        )

    def _slice(self, picture: Micrograph, slice_index: int, intensities: IntensityRange) -> Iterator[Band | str]:
        """Bands of one slice; when memory runs out, a sentence that says what changed and the slice from its start."""
        crop = self._crop(picture, slice_index, intensities)
        while True:
            try:
                yield from self._bands(crop, picture.size)
                return
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._memory, sentence = self._memory.smaller("tile")
                release_memory(self._memory.device)
                yield sentence

    def _bands(self, crop: Crop, size: tuple[int, int]) -> Iterator[Band]:
        side = self._memory.side
        config = self._config.model_copy(
            update={"tile": side, "overlap": min(self._config.overlap, side // 2 // 32 * 32)}
        )
        model = self._model.to(self._memory.device)
        views = views_for(self._provenance.training) if config.test_time_augmentation else ()

        def probability(pixels: npt.NDArray[np.float32]) -> Probability:
            with self._threads.timed():
                if views:
                    return probability_by_views(model, pixels, self._memory, views)
                return probability_of(model, pixels, self._memory)

        return bands(crop, size, len(self._classes), config, probability)


def probability_of(model: nn.Module, pixels: npt.NDArray[np.float32], memory: MemorySettings) -> Probability:
    """Probability (classes, h, w) of normalised pixels (h, w, channels)."""
    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].to(memory.device)
    result: Probability = _softmax(model, image, memory)[0].cpu().numpy()
    return result


def probability_by_views(
    model: nn.Module, pixels: npt.NDArray[np.float32], memory: MemorySettings, views: Sequence[View]
) -> Probability:
    """As ``probability_of``, averaged over views."""
    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].to(memory.device)
    seen = [view.undone(_softmax(model, view.of(image), memory)) for view in views]
    result: Probability = torch.cat(seen).mean(dim=0).cpu().numpy()
    return result


@torch.inference_mode()
def _softmax(model: nn.Module, image: Tensor, memory: MemorySettings) -> Tensor:
    lower = memory.precision == "bfloat16"
    with torch.autocast(memory.device.type, dtype=torch.bfloat16, enabled=lower):
        logits: Tensor = model(image)
    return logits.float().softmax(dim=1)


class _Output:
    """Collects the bands of one micrograph into its mask and whatever else was asked for."""

    def __init__(
        self,
        micrograph: Micrograph,
        classes: ClassTable,
        probability: bool,
        uncertainty: bool,
        databar: slice | None,
    ) -> None:
        self._micrograph = micrograph
        self._databar = databar
        self._classes = classes
        shape = (micrograph.slice_count, *micrograph.size)
        self._mask = np.zeros(shape, classes.mask_dtype)
        self._probability = np.zeros((len(classes), *shape), np.float32) if probability else None
        self._uncertainty = np.zeros(shape, np.float32) if uncertainty else None

    def write(self, slice_index: int, band: Band) -> None:
        rows = slice(band.start, band.start + band.probability.shape[1])
        self._mask[slice_index, rows] = self._classes.to_values(band.probability.argmax(axis=0))
        if self._probability is not None:
            self._probability[:, slice_index, rows] = band.probability
        if self._uncertainty is not None:
            self._uncertainty[slice_index, rows] = margin_uncertainty(band.probability)

    def prediction(self, notices: tuple[str, ...]) -> Prediction:
        if self._databar is not None:
            self._mask[:, self._databar] = self._classes.excluded_value
        pick = slice(None) if self._micrograph.is_stack else 0
        probability = None if self._probability is None else self._probability[:, pick]
        uncertainty = None if self._uncertainty is None else self._uncertainty[pick]
        return Prediction(self._micrograph.name, self._mask[pick], probability, uncertainty, notices)


class Clock:
    """How much is done of a total, and the time that the rest will take."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.done = 0
        self._start = time.monotonic()

    def progress(self) -> Progress:
        elapsed = time.monotonic() - self._start
        remaining = elapsed * (self._total - self.done) / self.done if self.done else float("nan")
        return Progress(self.done, self._total, elapsed, remaining)
