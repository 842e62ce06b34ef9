"""What the window asks of the engine. Torch is imported only here, in functions that run in a worker's thread."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.config import PredictionConfig, TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.reports import Prediction, PredictionReport, PreviewRequest, TrainingReport
from napari_csunet.threads import share_the_processor
from napari_csunet.widgets.triton_clash import keep_triton_out

AFFORDABLE_VALUES = 64 * 10**6
"""Up to this many values the probability is asked for, if only to say how sure the network is."""


@dataclass(frozen=True, eq=False)
class MicrographSource:
    """What a layer holds, until a thread makes a micrograph of it."""

    name: str
    pixels: Any
    rgb: bool
    pixel_size: PixelSize | None

    def read(self) -> Micrograph:
        return Micrograph.from_array(self.pixels, self.name, self.pixel_size, self.rgb)


@dataclass(frozen=True, eq=False)
class SurePrediction(Prediction):
    """With the probability of the best class, of the mask's shape, where it was affordable."""

    best_probability: npt.NDArray[np.float16] | None = None


@dataclass(frozen=True)
class DevicesFound:
    """Name and label of every device, the best one first."""

    devices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModelDescription:
    """What the window says about a checkpoint."""

    path: Path
    classes: ClassTable
    sentence: str


def warm_up() -> Generator[DevicesFound, None, None]:
    """Loads what the first layer and the training need, so that the first click does not wait for it."""
    _warm_up_napari()
    _prepare_for_torch()
    from napari_csunet.device import available_devices

    yield DevicesFound(tuple((device.name, device.label) for device in available_devices()))
    import napari_csunet.training.fine_tuning  # noqa: F401


def _prepare_for_torch() -> None:
    share_the_processor()
    keep_triton_out()


def _warm_up_napari() -> None:
    """Modules that napari loads with the first layer, in the window's thread if nobody has done so before."""
    import pandas  # noqa: F401
    import pint
    import scipy.ndimage  # noqa: F401

    _ = pint.get_application_registry().pixel  # reads its definitions


def fine_tune_layers(
    sources: Sequence[MicrographSource],
    labels: Sequence[Any],
    classes: ClassTable,
    config: TrainingConfig,
    out: Path,
) -> Generator[TrainingReport, PreviewRequest | None, None]:
    """``labels`` are arrays of any kind, copied here because painting goes on."""
    _prepare_for_torch()
    from napari_csunet.training.fine_tuning import fine_tune

    micrographs, painted = [source.read() for source in sources], [np.array(array) for array in labels]
    yield from fine_tune(micrographs, painted, classes, config, out=out)


def predict_layers(
    path: Path, sources: Sequence[MicrographSource], config: PredictionConfig, *, probability: bool, uncertainty: bool
) -> Generator[PredictionReport, None, None]:
    _prepare_for_torch()
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.inference.prediction import predict_stream

    micrographs = [source.read() for source in sources]
    checkpoint = load_checkpoint(path)
    largest = max((one.slice_count * one.size[0] * one.size[1] for one in micrographs), default=0)
    affordable = largest * len(checkpoint.classes) <= AFFORDABLE_VALUES
    for report in predict_stream(
        checkpoint, micrographs, config, probability=probability or affordable, uncertainty=uncertainty
    ):
        yield report if report.prediction is None else _with_best_probability(report, keep_all=probability)


def _with_best_probability(report: PredictionReport, *, keep_all: bool) -> PredictionReport:
    prediction = report.prediction
    if prediction is None or prediction.probability is None:
        return report
    sure = SurePrediction(
        prediction.name,
        prediction.mask,
        prediction.probability if keep_all else None,
        prediction.uncertainty,
        prediction.notices,
        prediction.probability.max(axis=0).astype(np.float16),
    )
    return replace(report, prediction=sure)


def describe_model(path: Path) -> Generator[ModelDescription, None, None]:
    """One report: classes, pixel size and IoU. Raises CheckpointError for a file that is not a checkpoint."""
    _prepare_for_torch()
    from napari_csunet.checkpoint import read_provenance

    provenance = read_provenance(path)
    parts = [f"{len(provenance.classes)} classes"]
    if provenance.pixel_size_nm is not None:
        parts.append(str(PixelSize(*provenance.pixel_size_nm)))
    if "mean_iou" in provenance.metrics:
        parts.append(f"IoU {provenance.metrics['mean_iou']:.2f}")
    yield ModelDescription(path, provenance.classes, " · ".join(parts))
