"""``napari-csunet export-model`` and its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_csunet.cli.options import Json, Overwrite
from napari_csunet.cli.output import print_result
from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.export.model_format import ModelFormat


def export_model_command(
    checkpoint: Annotated[Path, typer.Argument(help="Checkpoint made by fine-tune.")],
    out: Annotated[Path, typer.Option(help="File such as alloy.onnx or alloy.bioimageio.zip, or a folder for it.")],
    form: Annotated[
        ModelFormat, typer.Option("--format", help="One ONNX file, or a bioimage.io model package.")
    ] = ModelFormat.ONNX,
    author: Annotated[str, typer.Option(help="Author, for a package.")] = "not named",
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Write the network of a checkpoint for other programs; refused if it would give other results."""
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.export.model_export import export_model

    reports = export_model(load_checkpoint(checkpoint), out, form, author=author, overwrite=overwrite)
    *_, last = with_progress_bar(reports, "Export")
    result = {"model": str(last.path), "format": form.value, "largest_difference": last.difference}
    text = f"{last.path}  largest difference from the checkpoint {last.difference:.1e}"
    print_result(result, text, as_json=json)
