"""What the window asks of the engine. Torch is imported only here, in functions that run in a worker's thread."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.config import PredictionConfig
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.reports import ModelFile, Prediction, PredictionReport, Preview, PreviewRequest
from napari_csunet.threads import share_the_processor
from napari_csunet.widgets.triton_clash import keep_triton_out

Piece = Callable[[], Generator[Any, None, None]]

AFFORDABLE_VALUES = 64 * 10**6
"""Up to this many values the probability is asked for, if only to say how sure the network is."""

LARGEST_PREVIEW = 2048 * 2048
"""Up to this many pixels a finished network is shown at once; on two cores that takes about ten seconds."""


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
    """What the window says about a checkpoint, and the devices that can apply it, as in DevicesFound."""

    path: Path
    classes: ClassTable
    sentence: str
    devices: tuple[tuple[str, str], ...] = ()


def load(*modules: str) -> Generator[Any, None, None]:
    """Loads some modules, if they are new."""
    for module in modules:
        _load(module)
    yield None


def _load(module: str) -> None:
    """Imports a module that may bring torch along, and keeps the garbage collector off what it brings along.

    Torch and its like leave half a million objects that never become garbage. Whenever Python looks through them all,
    the window stands still for a quarter of a second.
    """
    share_the_processor()
    keep_triton_out()
    if module in sys.modules:
        return
    gc.disable()
    try:
        import_module(module)
    finally:
        gc.enable()
        gc.freeze()
        atexit.unregister(gc.unfreeze)
        atexit.register(gc.unfreeze)  # so that everything is tidied up in the end


def find_devices() -> Generator[DevicesFound, None, None]:
    """One report."""
    yield DevicesFound(_devices())


def _devices() -> tuple[tuple[str, str], ...]:
    _load("napari_csunet.device")
    from napari_csunet.device import available_devices

    return tuple((device.name, device.label) for device in available_devices())


def load_for_first_layer() -> Generator[None, None, None]:
    """What napari and the readers load with the first layer, in the window's thread if nobody has done so before."""
    for module in ("pandas", "scipy.ndimage", "skimage.color", "pint", "napari_csunet.micrographs.reading"):
        _load(module)
    import pint

    _ = pint.get_application_registry().pixel  # reads its definitions
    yield None


WARM_UP: tuple[Piece, ...] = (
    load_for_first_layer,
    partial(load, "torch"),
    find_devices,
    partial(load, "sympy"),
    partial(load, "scipy.signal"),
    partial(load, "torch._dynamo"),
    partial(load, "torchvision"),
    partial(load, "timm"),
    partial(load, "lightning_fabric"),
    partial(load, "sklearn.ensemble"),
    partial(load, "napari_csunet.training.fine_tuning"),
)
"""What the first layer and the first training need, in pieces that each take about a second to load."""


def preview_with(
    path: Path, source: MicrographSource, request: PreviewRequest, device: str
) -> Generator[Preview, None, None]:
    """What a checkpoint makes of the slice that was asked for, whole; nothing for one that would take long."""
    _load("napari_csunet.inference.prediction")
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.inference.prediction import predict_stream

    whole, index = source.read(), request.slice_index
    if whole.size[0] * whole.size[1] > LARGEST_PREVIEW:
        return
    micrograph = replace(whole, pixels=whole.pixels[index : index + 1], is_stack=False)
    for report in predict_stream(load_checkpoint(path), [micrograph], PredictionConfig(device=device)):
        if report.prediction is not None:
            yield Preview(request.micrograph, index, (0, 0), report.prediction.mask)


def predict_layers(
    path: Path, sources: Sequence[MicrographSource], config: PredictionConfig, *, probability: bool, uncertainty: bool
) -> Generator[PredictionReport, None, None]:
    _load("napari_csunet.inference.prediction")
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.inference.prediction import predict_stream

    micrographs = [source.read() for source in sources]
    checkpoint, model = load_checkpoint(path), ModelFile.of(path)
    largest = max((one.slice_count * one.size[0] * one.size[1] for one in micrographs), default=0)
    affordable = largest * len(checkpoint.classes) <= AFFORDABLE_VALUES
    for report in predict_stream(
        checkpoint, micrographs, config, probability=probability or affordable, uncertainty=uncertainty
    ):
        if report.prediction is None:
            yield report
        else:
            made = replace(report.prediction, model=model)
            yield replace(report, prediction=_with_best_probability(made, keep_all=probability))


def _with_best_probability(prediction: Prediction, *, keep_all: bool) -> Prediction:
    if prediction.probability is None:
        return prediction
    return SurePrediction(
        prediction.name,
        prediction.mask,
        prediction.probability if keep_all else None,
        prediction.uncertainty,
        prediction.notices,
        prediction.model,
        prediction.probability.max(axis=0).astype(np.float16),
    )


def describe_model(path: Path) -> Generator[ModelDescription, None, None]:
    """One report: classes, pixel size and IoU. Raises CheckpointError for a file that is not a checkpoint."""
    _load("napari_csunet.checkpoint")
    from napari_csunet.checkpoint import read_provenance

    provenance = read_provenance(path)
    parts = [f"{len(provenance.classes)} classes"]
    if provenance.pixel_size_nm is not None:
        parts.append(str(PixelSize(*provenance.pixel_size_nm)))
    if "mean_iou" in provenance.metrics:
        parts.append(f"IoU {provenance.metrics['mean_iou']:.2f}")
    yield ModelDescription(path, provenance.classes, " · ".join(parts), _devices())
