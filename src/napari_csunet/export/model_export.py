"""Models leave the program: a checkpoint to a file that other programs run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.errors import OutputError
from napari_csunet.export.model_format import ModelFormat, check_installed
from napari_csunet.export.onnx_model import check_difference, largest_difference, write_graph
from napari_csunet.export.sample_picture import sample_pictures
from napari_csunet.micrographs.replacing import check_writable, replacing
from napari_csunet.reports import Progress

_ENDINGS = tuple(form.ending for form in ModelFormat)
_CHECKPOINT_SUFFIXES = (".csunet.safetensors", ".safetensors")


@dataclass(frozen=True)
class ModelReport:
    """One moment of an export. difference: largest from torch's probabilities; path: the file, once it is there."""

    progress: Progress
    doing: str = ""
    difference: float | None = None
    path: Path | None = None


def model_path(out: Path, checkpoint: Path | None, form: ModelFormat) -> Path:
    """``out`` itself if it names a file, else the file in this folder that is named for the checkpoint.

    Raises OutputError if the ending is that of another format.
    """
    if out.is_dir() or out.suffix not in _ENDINGS:
        return out / f"{model_stem(checkpoint)}{form.suffix}"
    if out.suffix != form.ending:
        raise OutputError(f"{out.name} is not a name for the format {form}. End it in {form.ending}, or name a folder.")
    return out


def model_stem(checkpoint: Path | None) -> str:
    """The checkpoint's file name without its ending."""
    name = checkpoint.name if checkpoint else "model"
    return next((name.removesuffix(suffix) for suffix in _CHECKPOINT_SUFFIXES if name.endswith(suffix)), name)


def export_model(
    checkpoint: Checkpoint,
    out: str | Path,
    form: ModelFormat = ModelFormat.ONNX,
    *,
    author: str = "not named",
    overwrite: bool = False,
) -> Iterator[ModelReport]:
    """Writes the model to a file, or into a folder; yields before each step and at the end.

    Raises OutputError if the file exists, or if it would give other probabilities than the checkpoint; then nothing is
    written. Raises CSUNetError if packages are missing. ``author`` is for a package.
    """
    check_installed(form.needs)
    path, started = model_path(Path(out), checkpoint.path, form), time.perf_counter()
    check_writable(path, overwrite=overwrite)
    yield _report(0, started, "writing the network")
    with replacing(path, overwrite=overwrite) as temporary, tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "model.onnx"
        write_graph(checkpoint, graph)
        yield _report(1, started, "comparing it with the checkpoint")
        pictures = sample_pictures(checkpoint.provenance)
        difference = largest_difference(checkpoint, graph, pictures)
        check_difference(difference, path.name)
        yield _report(2, started, "packing it", difference)
        if form is ModelFormat.ONNX:
            temporary.write_bytes(graph.read_bytes())
        else:
            from napari_csunet.export.model_package import write_package

            name = model_stem(checkpoint.path)
            write_package(checkpoint, graph, pictures[0], name, author, temporary)
    yield _report(3, started, "", difference, path)


def _report(
    done: int, started: float, doing: str, difference: float | None = None, path: Path | None = None
) -> ModelReport:
    elapsed = time.perf_counter() - started
    remaining = elapsed * (3 - done) / done if done else float("nan")
    return ModelReport(Progress(done, 3, elapsed, remaining), doing, difference, path)
