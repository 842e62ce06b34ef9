"""Prediction of many files: reads each, writes its masks, and goes on to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.config import PredictionConfig
from napari_csunet.errors import ExistsError, OutputError
from napari_csunet.inference.prediction import Clock, Predictor
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.reading import name_of, read_micrograph
from napari_csunet.micrographs.writing import write_image, write_mask
from napari_csunet.reports import Prediction, PredictionReport, Progress


@dataclass(frozen=True)
class Outputs:
    """Which files are written for each micrograph, and where: ``<folder>/<stem>_mask.tif`` and so on."""

    folder: Path
    probability: bool = False
    uncertainty: bool = False
    overwrite: bool = False

    def mask_path(self, name: str) -> Path:
        return self.folder / f"{name}_mask.tif"

    def paths(self, name: str) -> list[Path]:
        kinds = ("mask", *(["probability"] if self.probability else []), *(["uncertainty"] if self.uncertainty else []))
        return [self.folder / f"{name}_{kind}.tif" for kind in kinds]


def predict_files(
    checkpoint: Checkpoint, paths: Sequence[Path], outputs: Outputs, config: PredictionConfig | None = None
) -> Iterator[PredictionReport]:
    """Predicts micrograph files one by one; the files of a micrograph are there when its prediction is reported.

    Raises OutputError before anything is computed if a result exists already or two micrographs share a name.
    """
    check_outputs(paths, outputs)
    predictor = Predictor(checkpoint, config or PredictionConfig())
    files = Clock(len(paths))
    for path in paths:
        micrograph = read_micrograph(path)
        pixels = Clock(micrograph.slice_count * micrograph.size[0] * micrograph.size[1])
        for notice in micrograph.acquisition.notices if micrograph.acquisition else ():
            yield PredictionReport(files.progress(), micrograph.name, message=notice)
        for report in predictor.stream(
            micrograph, pixels, probability=outputs.probability, uncertainty=outputs.uncertainty
        ):
            if report.prediction is not None:
                write_prediction(report.prediction, micrograph, checkpoint, outputs)
                files.done += 1
            yield replace(report, progress=_over_files(files, report))


def check_outputs(paths: Sequence[Path], outputs: Outputs) -> None:
    """Raises OutputError if a result exists already, unless that is allowed, or would be written twice."""
    by_name: dict[str, Path] = {}
    for path in paths:
        name = name_of(path)
        if name in by_name:
            raise OutputError(f"{by_name[name]} and {path} would be written to the same mask. Rename one of them.")
        by_name[name] = path
        taken = [result for result in outputs.paths(name) if result.exists() and not outputs.overwrite]
        if taken:
            raise ExistsError(taken[0])


def write_prediction(prediction: Prediction, micrograph: Micrograph, checkpoint: Checkpoint, outputs: Outputs) -> None:
    """Writes the mask and what else was asked for, with the pixel size of the micrograph."""
    size, overwrite, name = micrograph.pixel_size, outputs.overwrite, micrograph.name
    write_mask(outputs.mask_path(name), prediction.mask, checkpoint.classes, size, overwrite=overwrite)
    if outputs.probability and prediction.probability is not None:
        axes = "CZYX" if micrograph.is_stack else "CYX"
        path = outputs.folder / f"{name}_probability.tif"
        write_image(path, prediction.probability, size, axes=axes, overwrite=overwrite)
    if outputs.uncertainty and prediction.uncertainty is not None:
        write_image(outputs.folder / f"{name}_uncertainty.tif", prediction.uncertainty, size, overwrite=overwrite)


def _over_files(files: Clock, report: PredictionReport) -> Progress:
    """Progress over all files in per mille, from the finished ones and the one that is being predicted."""
    whole = files.progress()
    inner = report.progress.share if report.prediction is None else 0.0
    share = (whole.done + inner) / max(1, whole.total)
    remaining = whole.elapsed_s * (1 - share) / share if share else float("nan")
    return Progress(round(1000 * share), 1000, whole.elapsed_s, remaining)
