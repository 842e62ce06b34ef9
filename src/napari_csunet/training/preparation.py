"""What a fine-tuning learns from: labels read, the working scale chosen, some labels kept to judge by."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import (
    AnnotatedSet,
    AnnotatedSlice,
    annotate,
    are_strokes,
    at_scale,
    check_trainable,
    class_counts,
    unknown_values,
    with_held_out_regions,
    with_validation,
    without_databars,
)
from napari_csunet.training.orientation import is_layered
from napari_csunet.training.working_scale import choose_reduction

Labels = Sequence[npt.NDArray[Any]]

LAYERED_TOLD = "The classes lie in layers, so patches are not turned by 90°."


def prepare(
    micrographs: Sequence[Micrograph],
    labels: Labels,
    classes: ClassTable,
    config: TrainingConfig,
    normalisation: Normalisation,
    validation: tuple[Sequence[Micrograph], Labels] | None = None,
) -> Generator[None, None, AnnotatedSet]:
    """The annotated set at its working scale; yields now and then while that is sought.

    Raises LabelError for labels that cannot be learned from.
    """
    annotated = annotate(micrographs, labels, classes, normalisation)
    if config.exclude_databar:
        annotated = without_databars(annotated)
    check_trainable(annotated, classes)
    factor = config.reduction or (yield from choose_reduction(annotated, len(classes), normalisation, config.seed))
    scaled = at_scale(annotated, factor, len(classes), normalisation)
    _check_nothing_is_lost(annotated, scaled, classes, factor)
    if validation is None:
        labelled = with_held_out_regions(scaled, classes, config.validation_share, config.seed)
    else:
        held_out = annotate(*validation, classes, normalisation)
        labelled = with_validation(scaled, at_scale(held_out, factor, len(classes), normalisation), classes)
    layered = config.quarter_turns is None and is_layered(scaled, len(classes))
    notices = unknown_values(labels, classes) + _scale_told(factor, micrographs) + (LAYERED_TOLD,) * layered
    where = labelled.measured_on if factor == 1 else f"{labelled.measured_on}, at 1/{factor} of the resolution"
    return replace(labelled, layered=layered, reduction=factor, measured_on=where, notices=notices)


def settled(config: TrainingConfig, labelled: AnnotatedSet) -> TrainingConfig:
    """The configuration with what the labels decide.

    Layers are not turned by 90°, unless that was asked for; full masks leave nothing to learn from unlabelled pixels.
    """
    turns = not labelled.layered if config.quarter_turns is None else config.quarter_turns
    strokes = are_strokes(labelled.training)
    unlabelled = {name: getattr(config, name) if strokes else 0.0 for name in ("affinity", "teaching")}
    return config.model_copy(update={"quarter_turns": turns, **unlabelled})


def _check_nothing_is_lost(
    annotated: Sequence[AnnotatedSlice], scaled: Sequence[AnnotatedSlice], classes: ClassTable, factor: int
) -> None:
    before, after = (class_counts(some, len(classes)) for some in (annotated, scaled))
    for index, entry in classes.entries():
        if before[index] and not after[index]:
            raise LabelError(
                f"The labels of {entry.name} are too thin for a working scale of 1/{factor}. Choose a finer one."
            )


def _scale_told(factor: int, micrographs: Sequence[Micrograph]) -> tuple[str, ...]:
    if factor == 1:
        return ()
    sizes = {str(m.pixel_size.times(factor)).removesuffix("/px") for m in micrographs if m.pixel_size is not None}
    told = f": {sizes.pop()} per pixel" if len(sizes) == 1 else ""
    return (f"Working at 1/{factor} of the resolution{told}.",)
