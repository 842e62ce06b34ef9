"""``napari-csunet measure`` and its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from napari_csunet.cli.arguments import existing_folder_for
from napari_csunet.cli.options import Classes, Json, Reading, Several
from napari_csunet.cli.output import print_result
from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.cleaning import Cleaning
from napari_csunet.micrographs.writing import MaskFormat


def _cleaning_help(field: str) -> str:
    return Cleaning.model_fields[field].description or ""


Masks = Annotated[list[str], typer.Argument(help=f"Masks: {Several}.")]
Folder = Annotated[Path, typer.Option(help="Folder for the report, tables, plots, pictures and masks.")]
Images = Annotated[
    list[str] | None, typer.Option(help="Their micrographs: pixel size, databar, and what the overlays show.")
]
Size = Annotated[
    str | None,
    typer.Option(help="Size of a pixel, as 12.5nm or height x width 12x25nm; read from files if not given."),
]
Origin = Annotated[
    Path | None, typer.Option(help="Checkpoint that made the masks: names the classes, goes into the report.")
]
Particles = Annotated[
    list[str] | None,
    typer.Option(help="Classes of which objects are measured; else all but the matrix around them, see the docs."),
]
Layers = Annotated[list[str] | None, typer.Option(help="Classes that are layers: thickness and profile.")]
GrainBoundary = Annotated[str | None, typer.Option(help="Class of the boundaries of grains: ASTM E112.")]
Instances = Annotated[
    Literal["particles", "grains"] | None,
    typer.Option(help="The masks number their objects instead of giving classes: particles, or grains that touch."),
]
Values = Annotated[
    Reading,
    typer.Option(help="What the values of masks without a class table are; found: the program looks and says."),
]
AtBorder = Annotated[Border, typer.Option(help="What to do with objects that the border cuts.")]
Split = Annotated[list[str] | None, typer.Option(help=f"CLASS=0.5. {_cleaning_help('split')}")]
Smooth = Annotated[list[str] | None, typer.Option(help=f"CLASS=2. {_cleaning_help('smooth')}")]
Holes = Annotated[list[str] | None, typer.Option(help=f"CLASS=20 or =0.1um2. {_cleaning_help('holes')}")]
Smallest = Annotated[list[str] | None, typer.Option(help=f"CLASS=20 or =0.1um2. {_cleaning_help('smallest')}")]
LargestOnly = Annotated[list[str] | None, typer.Option(help=f"CLASS. {_cleaning_help('largest_only')}")]
KeepDatabar = Annotated[bool, typer.Option("--keep-databar", help="Measure the databar like the rest.")]
Format = Annotated[MaskFormat, typer.Option(help="TIFF (ImageJ's, with class colours, OME) or OME-Zarr.")]
Title = Annotated[str | None, typer.Option(help="Title of the report.")]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace an earlier export: all its results go, also of other micrographs."),
]


def _typed(**fields: list[str] | None) -> list[tuple[str, list[str]]]:
    """Fields of ``Cleaning`` of which something was typed."""
    return [(field, texts) for field, texts in fields.items() if texts]


def measure(
    masks: Masks,
    out: Folder,
    images: Images = None,
    pixel_size: Size = None,
    classes: Classes = None,
    checkpoint: Origin = None,
    particles: Particles = None,
    layers: Layers = None,
    grain_boundary: GrainBoundary = None,
    instances: Instances = None,
    values: Values = "found",
    border: AtBorder = Border.MILES_LANTUEJOUL,
    split: Split = None,
    smooth: Smooth = None,
    fill_holes: Holes = None,
    smallest: Smallest = None,
    largest_only: LargestOnly = None,
    keep_databar: KeepDatabar = False,
    mask_format: Format = MaskFormat.IMAGEJ,
    title: Title = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Measure masks: area fractions with intervals, sizes, spacings; tables, plots and a report in one folder."""
    from napari_csunet.cli.measure import MeasureOptions, result_object, result_text, results_and_plan
    from napari_csunet.export.exporting import export_results

    cleaning = _typed(split=split, smooth=smooth, holes=fill_holes, smallest=smallest, largest_only=largest_only)
    options = MeasureOptions(
        masks, images or (), pixel_size, classes, checkpoint, particles or (), layers or (), grain_boundary, border,
        cleaning, keep_databar, mask_format, instances, values,
        title, overwrite,
    )  # fmt: skip
    results, plan = results_and_plan(options)
    *_, last = with_progress_bar(export_results(results, existing_folder_for(out), plan), "Measure")
    for notice in last.notices:
        typer.echo(notice, err=True)
    print_result(result_object(last), result_text(last), as_json=json)
