"""The subcommands of ``napari-csunet`` and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

import napari_csunet
from napari_csunet.classes import ClassTable
from napari_csunet.cli.adapt import adapted_to_files
from napari_csunet.cli.arguments import check_folder, config_from, existing_folder_for, has_separator
from napari_csunet.cli.cross_validate import cross_validate
from napari_csunet.cli.export_model import export_model_command
from napari_csunet.cli.fine_tune import outcome_object, outcome_text, run_fine_tune, training_config
from napari_csunet.cli.measure_command import measure
from napari_csunet.cli.options import AcceptPartial, Classes, Json, Overwrite, Several
from napari_csunet.cli.output import agreement_object, print_result, scores_text
from napari_csunet.cli.pretrain import app as pretrain_app
from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.cli.provenance import provenance_text
from napari_csunet.config import AdaptingConfig, Architecture, PredictionConfig, Preset, TrainingConfig


class OpeningGroup(TyperGroup):
    """``napari-csunet FOLDER`` is ``napari-csunet open FOLDER``, unless a subcommand has that name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        is_place = args[0] not in self.commands and (Path(args[0]).exists() or has_separator(args[0]))
        return super().resolve_command(ctx, ["open", *args] if is_place else args)


app = typer.Typer(
    cls=OpeningGroup,
    help="Segment micrographs with few labels. Without a command, the program opens in napari.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.add_typer(pretrain_app, name="pretrain")


def _help(field: str) -> str:
    return TrainingConfig.model_fields[field].description or ""


def _prediction_help(field: str) -> str:
    return PredictionConfig.model_fields[field].description or ""


DeviceName = Annotated[str, typer.Option("--device", help=_help("device"))]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"napari-csunet {napari_csunet.__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")]


@app.callback(invoke_without_command=True)
def window(context: typer.Context, version: Version = False) -> None:
    """Open napari with the plugin docked."""
    if context.invoked_subcommand is None:
        from napari_csunet.widgets.launch import launch

        launch()


@app.command("open")
def open_command(
    project: Annotated[Path, typer.Argument(help="A project, or a folder of micrographs to make one of.")],
) -> None:
    """Open a project in napari; "napari-csunet FOLDER" does the same."""
    from napari_csunet.widgets.launch import launch

    launch(project=project)


@app.command()
def demo(
    no_window: Annotated[
        bool, typer.Option("--no-window", help="Do the job without a window and write the results.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the results; a new name is found if it exists.")] = Path("demo"),
    minutes: Annotated[float, typer.Option(help=_help("minutes"))] = 2.0,
) -> None:
    """Label, fine-tune, predict and export on the sample micrographs."""
    if no_window:
        from napari_csunet.cli.demo import run_demo

        run_demo(out, minutes)
    else:
        from napari_csunet.widgets.launch import launch

        launch(sample="superalloy")


@app.command("fine-tune")
def fine_tune_command(
    images: Annotated[list[str], typer.Argument(help=f"Micrographs: {Several}.")],
    labels: Annotated[
        list[str], typer.Option(help=f"Their labels, strokes or full masks: {Several}; paired by file name.")
    ],
    out: Annotated[Path, typer.Option(help="Checkpoint to write, such as alloy.csunet.safetensors.")],
    classes: Classes = None,
    preset: Annotated[Preset | None, typer.Option(help=_help("preset"))] = None,
    architecture: Annotated[Architecture | None, typer.Option(help=_help("architecture"))] = None,
    cnn_encoder: Annotated[str | None, typer.Option(help=_help("cnn_encoder"))] = None,
    encoder_weights: Annotated[str | None, typer.Option(help=_help("encoder_weights"))] = None,
    swin_weights: Annotated[str | None, typer.Option(help=_help("swin_weights"))] = None,
    accept_partial_weights: AcceptPartial = False,
    minutes: Annotated[float | None, typer.Option(help=_help("minutes"))] = None,
    steps: Annotated[int | None, typer.Option(help=_help("steps"))] = None,
    validation: Annotated[list[str] | None, typer.Option(help=f"Micrographs to judge by: {Several}.")] = None,
    validation_labels: Annotated[list[str] | None, typer.Option(help="Labels of those.")] = None,
    start_from: Annotated[Path | None, typer.Option(help="Go on from this checkpoint.")] = None,
    device: DeviceName = "auto",
    seed: Annotated[int, typer.Option(help=_help("seed"))] = 0,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Train a network on labelled micrographs; the best state is kept in one file."""
    network = {"preset": preset, "architecture": architecture, "cnn_encoder": cnn_encoder}
    network |= {"encoder_weights": encoder_weights, "swin_weights": swin_weights}
    run = {"minutes": minutes, "steps": steps, "device": device, "seed": seed}
    config = training_config(network, start_from, **run, accept_partial_weights=accept_partial_weights)
    held_out = (validation, validation_labels)
    last = run_fine_tune(
        (images, labels), held_out, classes, config, out=out, start_from=start_from, overwrite=overwrite
    )
    print_result(outcome_object(last, out), outcome_text(last, out), as_json=json)


@app.command()
def predict(
    checkpoint: Annotated[Path, typer.Argument(help="Checkpoint made by fine-tune.")],
    images: Annotated[list[str], typer.Argument(help=f"Micrographs: {Several}.")],
    out: Annotated[Path, typer.Option(help="Folder for <name>_mask.tif and the other results.")],
    form: Annotated[
        Literal["tiff", "ome-zarr"],
        typer.Option("--format", help="TIFF masks; or OME-Zarr, for large micrographs: <name>.ome.zarr with its mask."),
    ] = "tiff",
    probability: Annotated[
        bool, typer.Option("--probability", help="Also write the probability of each class.")
    ] = False,
    uncertainty: Annotated[bool, typer.Option("--uncertainty", help="Also write where the network is unsure.")] = False,
    tta: Annotated[bool, typer.Option("--tta", help=_prediction_help("test_time_augmentation"))] = False,
    adapt: Annotated[
        float | None,
        typer.Option("--adapt", metavar="MINUTES", help=AdaptingConfig.model_fields["minutes"].description),
    ] = None,
    keep_scale: Annotated[
        bool, typer.Option("--keep-scale", help="Do not resample micrographs to the pixel size of the training.")
    ] = False,
    device: DeviceName = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Make masks of micrographs with a checkpoint."""
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.inference.batch import Outputs, check_outputs, predict_files
    from napari_csunet.inference.zarr_batch import ZarrOutputs, predict_to_zarr
    from napari_csunet.micrographs.pairing import find_files

    is_zarr = form == "ome-zarr"
    if is_zarr and (probability or uncertainty):
        raise typer.BadParameter("OME-Zarr holds masks; --probability and --uncertainty are written as TIFF only")
    config = config_from(PredictionConfig, test_time_augmentation=tta, match_pixel_size=not keep_scale, device=device)
    kind = ZarrOutputs if is_zarr else Outputs
    paths, outputs = find_files(images), kind(existing_folder_for(out), probability, uncertainty, overwrite)
    check_outputs(paths, outputs)
    check_folder(outputs.folder)
    loaded, adapted = load_checkpoint(checkpoint), None
    if adapt is not None:
        adapting = config_from(AdaptingConfig, minutes=adapt, device=device)
        loaded, adapted = adapted_to_files(loaded, paths, adapting, outputs.folder, overwrite=overwrite)
    reports = (
        predict_to_zarr(loaded, paths, outputs, config)
        if isinstance(outputs, ZarrOutputs)
        else predict_files(loaded, paths, outputs, config)
    )
    done = [report for report in with_progress_bar(reports, "Predict") if report.area_fractions]
    masks = {
        report.name: {"mask": str(outputs.mask_path(report.name)), "area_fractions": report.area_fractions}
        for report in done
    }
    text = "\n".join(
        f"{entry['mask']}  {_fractions_text(report.area_fractions)}"
        for entry, report in zip(masks.values(), done, strict=True)
    )
    text += f"\n{adapted}  adapted checkpoint" if adapted else ""
    result: dict[str, Any] = {"masks": masks} if adapt is None else {"masks": masks, "adapted": adapted}
    print_result(result, text, as_json=json)


@app.command()
def evaluate(
    predictions: Annotated[str, typer.Argument(help=f"Predicted masks: {Several}.")],
    truth: Annotated[str, typer.Argument(help="True masks, paired by file name.")],
    classes: Classes = None,
    json: Json = False,
) -> None:
    """Compare predicted masks with true ones."""
    from napari_csunet.measurement.agreement import agreement, classes_of
    from napari_csunet.micrographs.pairing import find_masks, pair_by_stem

    pairs = pair_by_stem(find_masks([predictions]), find_masks([truth]), "prediction", "true mask")
    table = ClassTable.parse(classes) if classes is not None else classes_of([path for pair in pairs for path in pair])
    result = agreement(pairs, table)
    print_result(agreement_object(result), scores_text(result.scores), as_json=json)


app.command()(measure)
app.command("cross-validate")(cross_validate)
app.command("export-model")(export_model_command)


@app.command()
def info(
    checkpoint: Annotated[Path, typer.Argument(help="Checkpoint made by fine-tune.")],
    json: Json = False,
) -> None:
    """Show what a checkpoint says about itself."""
    from napari_csunet.checkpoint import read_provenance

    provenance = read_provenance(checkpoint)
    print_result(provenance.model_dump(mode="json"), provenance_text(provenance), as_json=json)


def _fractions_text(fractions: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.3f}" for name, share in fractions.items())
