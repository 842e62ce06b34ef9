"""The main job on the sample micrographs without a window: strokes, fine-tune, predict, export, compare."""

from __future__ import annotations

from pathlib import Path

import typer

from napari_csunet.checkpoint import load_checkpoint
from napari_csunet.cli.arguments import config_from
from napari_csunet.cli.output import scores_text
from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.config import TrainingConfig
from napari_csunet.inference.batch import Outputs, predict_files
from napari_csunet.measurement.agreement import agreement
from napari_csunet.measurement.phases import area_fraction_table, write_area_fractions
from napari_csunet.micrographs.pairing import pair_by_stem
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.micrographs.writing import unused_path, write_overlay
from napari_csunet.samples import sample_classes, sample_files
from napari_csunet.training.fine_tuning import fine_tune

SAMPLE = "superalloy"
CLASSES = sample_classes(SAMPLE)


def run_demo(out: Path, minutes: float) -> None:
    """Writes checkpoint, masks, one overlay and area fractions to a new folder and prints where they are."""
    folder = unused_path(out)
    checkpoint = folder / f"{SAMPLE}.csunet.safetensors"
    _train(checkpoint, minutes)
    _predict(checkpoint, Outputs(folder / "masks"))
    masks = sorted((folder / "masks").glob("*_mask.tif"))
    overlay = _write_overlay(folder, masks[-1])
    table = area_fraction_table({path.stem.removesuffix("_mask"): read_labels(path) for path in masks}, CLASSES)
    numbers = write_area_fractions(folder / "area_fractions.csv", table)
    truth = [mask for _, mask, _ in sample_files(SAMPLE)]
    scores = agreement(pair_by_stem(masks, truth), CLASSES).scores
    typer.echo(table.to_string(index=False))
    typer.echo(f"\nAgainst the exact masks of all {len(masks)} micrographs:\n{scores_text(scores)}\n")
    for what, path in (
        ("checkpoint", checkpoint),
        ("masks", folder / "masks"),
        ("overlay", overlay),
        ("numbers", numbers),
    ):
        typer.echo(f"{what:11}{path}")


def _train(checkpoint: Path, minutes: float) -> None:
    stroked = [(image, strokes) for image, _, strokes in sample_files(SAMPLE) if strokes is not None]
    micrographs = [read_micrograph(image) for image, _ in stroked]
    labels = [read_labels(strokes) for _, strokes in stroked]
    reports = fine_tune(micrographs, labels, CLASSES, config_from(TrainingConfig, minutes=minutes), out=checkpoint)
    for _ in with_progress_bar(reports, "Fine-tune"):
        pass


def _predict(checkpoint: Path, outputs: Outputs) -> None:
    images = [image for image, _, _ in sample_files(SAMPLE)]
    for _ in with_progress_bar(predict_files(load_checkpoint(checkpoint), images, outputs), "Predict"):
        pass


def _write_overlay(folder: Path, mask: Path) -> Path:
    """Picture of the last micrograph, which carries no strokes."""
    image = sample_files(SAMPLE)[-1][0]
    path = folder / f"{image.stem}_overlay.png"
    return write_overlay(path, read_micrograph(image), read_labels(mask), CLASSES)
