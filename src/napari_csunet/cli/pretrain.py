"""``napari-csunet pretrain``: making encoder weights of one's own."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from napari_csunet.cli.arguments import config_from
from napari_csunet.cli.options import AcceptPartial
from napari_csunet.cli.output import print_result
from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.config import PretrainingConfig
from napari_csunet.errors import CSUNetError

if TYPE_CHECKING:
    from napari_csunet.model.registry import WeightsRow
    from napari_csunet.training.pretraining import PretrainingReport
    from napari_csunet.training.pretraining.objective import Objective

    Shares = Mapping[Objective, float]

app = typer.Typer(rich_markup_mode=None)

Several = "files, folders or quoted globs"
Unlabelled = Annotated[list[str] | None, typer.Option(help=f"Micrographs without masks: {Several}.")]
LabelledImages = Annotated[
    list[str] | None, typer.Option(help="Folder or quoted glob of micrographs with masks; repeat it for another set.")
]
LabelledMasks = Annotated[
    list[str] | None, typer.Option("--labels", help="Their masks, paired by file name; one for each --labelled.")
]

_CONFIGURED = (
    *("preset", "cnn_encoder", "encoder_weights", "swin_weights", "minutes", "steps", "batch_size", "patch_size"),
    *("learning_rate", "averaging", "save_minutes", "device", "seed"),
)
_OUT = Annotated[Path, typer.Option(help="Weights to write, such as mine.safetensors; --encoder-weights takes them.")]
_CONTINUE = Annotated[
    bool, typer.Option("--continue", help="Go on where a run with the same settings was stopped or killed.")
]
_OVERWRITE = Annotated[bool, typer.Option("--overwrite", help="Replace weights that exist already.")]
_JSON = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


def _command(objectives: Callable[..., Shares]) -> None:
    """Adds a subcommand that has the options of ``objectives`` and those that every pretraining has."""

    def run(**options: Any) -> None:
        own = {name: options.pop(name) for name in inspect.signature(objectives).parameters}
        _pretrain(objectives, own, **options)

    shared = [_option(name, _configured(name), None) for name in _CONFIGURED]
    switches = [_option("accept_partial_weights", AcceptPartial, False), _option("resume", _CONTINUE, False)]
    switches += [_option("overwrite", _OVERWRITE, False), _option("json", _JSON, False)]
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(objectives, eval_str=True, locals={"Shares": Any}).parameters.values()
    ]
    required = _option("out", _OUT, inspect.Parameter.empty)
    vars(run)["__signature__"] = inspect.Signature([*own, required, *shared, *switches])
    run.__annotations__.clear()
    app.command(objectives.__name__.replace("_", "-"), help=objectives.__doc__)(run)


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _configured(name: str) -> Any:
    field = PretrainingConfig.model_fields[name]
    return Annotated[field.annotation | None, typer.Option(help=field.description)]  # type: ignore[operator]


@app.callback(invoke_without_command=True)
def listing(
    context: typer.Context,
    is_listing: Annotated[bool, typer.Option("--list", help="List the encoder weights that can be named.")] = False,
    json: _JSON = False,
) -> None:
    """Make encoder weights of your own, or list those that there are."""
    if context.invoked_subcommand is not None:
        return
    if not is_listing:
        typer.echo(context.get_help())
        return
    from napari_csunet.model.registry import registry

    rows = registry()
    text = "\n".join(_row_text(row) for row in rows)
    print_result({"weights": [vars(row) for row in rows]}, text, as_json=json)


def _row_text(row: WeightsRow) -> str:
    size = "" if row.megabytes is None else f"{row.megabytes:.0f} MB"
    here = "at hand" if row.is_cached else ""
    return f"{row.name:20} {row.encoder:24} {size:>7}  {here:8} {row.source}  {row.licence}  {row.citation}  {row.note}"


@_command
def synthetic() -> Shares:
    """Learn from endless synthetic micrographs: their phases, and the families they are from."""
    from napari_csunet.training.pretraining import Synthetic

    return {Synthetic(): 1.0}


@_command
def self_supervised(
    images: Annotated[list[str], typer.Argument(help=f"Micrographs, no masks needed: {Several}.")],
) -> Shares:
    """Learn from unlabelled micrographs: say what hidden parts of them look like."""
    from napari_csunet.training.pretraining import SelfSupervised, read_pool

    return {SelfSupervised(read_pool(images)): 1.0}


@_command
def classify(
    folder: Annotated[Path, typer.Argument(help="Folder that holds one folder of micrographs for each class.")],
    encoder: Annotated[Literal["both", "cnn", "swin"], typer.Option(help="Which encoder is trained.")] = "both",
) -> Shares:
    """Learn to name the class of a micrograph, as the MicroNet weights were made."""
    from napari_csunet.training.pretraining import ClassFolders, Classification
    from napari_csunet.training.pretraining.features import ENCODERS

    encoders = ENCODERS if encoder == "both" else frozenset({encoder})
    return {Classification(ClassFolders.read(folder), encoders): 1.0}


@_command
def mixed(
    synthetic: Annotated[float, typer.Option(help="How often synthetic micrographs are drawn.")] = 1.0,
    unlabelled: Unlabelled = None,
    unlabelled_share: Annotated[float, typer.Option(help="How often unlabelled ones are drawn.")] = 0.5,
    labelled: LabelledImages = None,
    labels: LabelledMasks = None,
    labelled_share: Annotated[float, typer.Option(help="How often labelled ones are drawn.")] = 0.5,
    instances: Annotated[
        bool, typer.Option("--instances", help="Masks number objects: any value above 0 is a particle.")
    ] = False,
) -> Shares:
    """Learn from several sources in turn; the shares say how often each is drawn."""
    from napari_csunet.training.pretraining import Labelled, SelfSupervised, Synthetic, read_labelled_pool, read_pool
    from napari_csunet.training.pretraining.memory_allowance import MemoryAllowance

    if len(labelled or []) != len(labels or []):
        raise typer.BadParameter("give --labelled and --labels in pairs")
    shares: dict[Objective, float] = {Synthetic(): synthetic}
    memory = MemoryAllowance()
    if unlabelled:
        shares[SelfSupervised(read_pool(unlabelled, memory))] = unlabelled_share
    if labelled and labels:
        pairs = zip(labelled, labels, strict=True)
        pools = [read_labelled_pool([images], [masks], instances=instances, memory=memory) for images, masks in pairs]
        shares[Labelled(pools)] = labelled_share
    return shares


def _pretrain(
    objectives: Callable[..., Shares],
    own: dict[str, Any],
    *,
    out: Path,
    resume: bool,
    overwrite: bool,
    json: bool,
    **settings: Any,
) -> None:
    """Runs a pretraining and prints its record; of several processes only the first shows anything."""
    if settings["minutes"] is not None and settings["steps"] is not None:
        raise typer.BadParameter("give --minutes or --steps, not both")
    config = config_from(PretrainingConfig, **settings)
    from napari_csunet.training.pretraining import Recipe, check_start, pretrain
    from napari_csunet.training.pretraining.processes import rank

    check_start(out, overwrite=overwrite, resume=resume)
    reports = pretrain(Recipe(objectives(**own)), config, out=out, overwrite=overwrite, resume=resume)
    is_first = rank() == 0
    last = _last(reports, with_progress_bar(reports, "Pretrain") if is_first else reports, out)
    if is_first:
        print_result({"weights": str(out), "finished": True, **last.record}, str(out), as_json=json)


def _last(reports: Any, shown: Any, out: Path) -> PretrainingReport:
    """The last report of ``shown``. Ctrl-C ends the run and keeps what was learned."""
    last: PretrainingReport | None = None
    try:
        for report in shown:
            last = report
    except KeyboardInterrupt:
        reports.close()  # where the interrupt came between two reports, this writes
        goes_on = f"{out} has what was learned; the same command with --continue goes on."
        typer.echo(f"Stopped. {goes_on if last and last.step else 'Nothing was learnt yet.'}", sys.stderr)
        raise
    if last is None or last.kind != "finished":
        raise CSUNetError("The pretraining ended early. Add --continue to go on.")
    return last
