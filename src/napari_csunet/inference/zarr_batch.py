"""Prediction of many files to OME-Zarr: masks go to disk band by band and are never whole in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.classes import ClassTable
from napari_csunet.config import PredictionConfig
from napari_csunet.inference.batch import Outputs, check_outputs
from napari_csunet.inference.prediction import Clock, Predictor
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.ome_zarr import SUFFIX, MaskWriter
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.micrographs.replacing_folder import replacing_folder
from napari_csunet.reports import PredictionReport, Progress


class ZarrOutputs(Outputs):
    """Masks go to ``<folder>/<stem>.ome.zarr``."""

    def mask_path(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"

    def paths(self, name: str) -> list[Path]:
        return [self.mask_path(name)]


def predict_to_zarr(
    checkpoint: Checkpoint, paths: Sequence[Path], outputs: ZarrOutputs, config: PredictionConfig | None = None
) -> Iterator[PredictionReport]:
    """Predicts micrograph files one by one; a report with area fractions says that the folder of one is there.

    Raises OutputError before anything is computed, as ``check_outputs``.
    """
    check_outputs(paths, outputs)
    predictor = BandPredictor(checkpoint, config or PredictionConfig())
    files = Clock(len(paths))
    for path in paths:
        micrograph = read_micrograph(path)
        for notice in micrograph.acquisition.notices if micrograph.acquisition else ():
            yield PredictionReport(files.progress(), micrograph.name, message=notice)
        with replacing_folder(outputs.mask_path(micrograph.name), overwrite=outputs.overwrite) as folder:
            writer = MaskWriter(folder, micrograph, checkpoint.classes)
            for report in predictor.write(micrograph, writer):
                yield replace(report, progress=_over_files(files, report.progress.share))
            fractions = _shares(writer.finish(), checkpoint.classes)
        files.done += 1
        yield PredictionReport(_over_files(files, 0.0), micrograph.name, area_fractions=fractions)


class BandPredictor(Predictor):
    """Hands bands of finished rows on instead of collecting them."""

    def write(self, micrograph: Micrograph, writer: MaskWriter) -> Iterator[PredictionReport]:
        """A report after each tile; what memory made it change is told in messages, and the slice begins again."""
        clock = Clock(micrograph.slice_count * micrograph.size[0] * micrograph.size[1])
        seen = self._seen(micrograph)
        if seen.notice:
            yield PredictionReport(clock.progress(), micrograph.name, message=seen.notice)
        for index in range(micrograph.slice_count):
            before = clock.done
            for event in self._full_size(micrograph, index, seen):
                message = event if isinstance(event, str) else ""
                if isinstance(event, str):
                    clock.done = before
                else:
                    writer.write(index, event.start, self._classes.to_values(event.probability.argmax(axis=0)))
                    clock.done += event.finished_pixels
                yield PredictionReport(clock.progress(), micrograph.name, message=message)
        databar = databar_rows(micrograph) if self._config.exclude_databar else None
        if databar is not None:
            writer.exclude(databar)
            yield PredictionReport(
                clock.progress(), micrograph.name, message=f"{micrograph.name}: the databar is left out."
            )


def _shares(counts: dict[int, int], classes: ClassTable) -> dict[str, float]:
    """Area fractions as ``measurement.phases`` defines them, from pixel counts by class value."""
    total = sum(counts.values())
    return {c.name: counts[c.value] / total if total else float("nan") for c in classes.classes}


def _over_files(files: Clock, share: float) -> Progress:
    """Progress over all files in per mille, of which one is predicted up to ``share``."""
    whole = files.progress()
    done = (whole.done + share) / max(1, whole.total)
    remaining = whole.elapsed_s * (1 - done) / done if done else float("nan")
    return Progress(round(1000 * done), 1000, whole.elapsed_s, remaining)
