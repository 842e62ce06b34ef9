"""What a fine-tuning of the window learns from: open micrographs, and those of the open project that are closed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from napari.layers import Image

from napari_csunet.project.material import LabelledFile
from napari_csunet.widgets.engine import MicrographSource
from napari_csunet.widgets.layers import source_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts
from napari_csunet.widgets.predicted import Corrections
from napari_csunet.widgets.project_session import ProjectSession


@dataclass(frozen=True, eq=False)
class Labelled:
    """A micrograph to be read in a thread; its labels, an array or a file that is read as one; what they correct."""

    source: MicrographSource | LabelledFile
    labels: Any
    corrections: Corrections | None = None


@dataclass(frozen=True, eq=False)
class TrainingMaterial:
    """``training`` begins with the open micrographs, those of ``layers`` in their order."""

    layers: Sequence[Image]
    training: Sequence[Labelled]
    validation: Sequence[Labelled]


def training_material(
    layers: Sequence[Image], counts: Counts, opened: OpenMicrographs, session: ProjectSession | None
) -> TrainingMaterial:
    """Of the open ``layers`` and of the project's closed micrographs, by their roles; all layers train without one."""
    trained = training_layers(layers, session)
    judging = [layer for layer in layers if _role(layer, session) == "validation" and any(_painted(layer, counts))]
    training, validation = (
        [Labelled(source_of(layer), opened.label_values(layer), opened.corrections(layer)) for layer in some]
        for some in (trained, judging)
    )
    if session is not None:
        training += [Labelled(file, file) for file in session.labelled_files("train")]
        validation += [Labelled(file, file) for file in session.labelled_files("validation")]
    return TrainingMaterial(trained, training, validation)


def training_layers(layers: Sequence[Image], session: ProjectSession | None) -> list[Image]:
    """Those that the project does not keep for something else."""
    return [layer for layer in layers if _role(layer, session) in (None, "train")]


def with_closed(
    counts: Counts, names: Sequence[str], labelled: Collection[str], session: ProjectSession | None
) -> tuple[Counts, list[str], set[str]]:
    """Pixels by micrograph, names, and names of labelled ones, with the project's closed micrographs that train."""
    files = [] if session is None else session.labelled_files("train")
    closed = {file.name: session.project.entry(file.name).painted for file in files} if session is not None else {}
    return {**closed, **counts}, [*names, *closed], {*labelled, *closed}


def _role(layer: Image, session: ProjectSession | None) -> str | None:
    return None if session is None else session.role_of(layer)


def _painted(layer: Image, counts: Counts) -> Collection[int]:
    return counts.get(layer.name, {}).values()
