"""What a fine-tuning learns from: labels read, the working scale chosen, some labels kept to judge by."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.config import LAYERED_PATCH_SIZE, PATCH_SIZE, Layers, TrainingConfig
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
from napari_csunet.training.labelling import Corrected
from napari_csunet.training.orientation import layers_of, spanning_reduction
from napari_csunet.training.working_scale import choose_reduction

Labels = Sequence[npt.NDArray[Any]]

LAYERED_TOLD = (
    "The classes lie in layers, so the network looks at all of these at once, and patches keep their order: they are "
    "stretched, and not turned."
)


def prepare(
    micrographs: Sequence[Micrograph],
    labels: Labels,
    classes: ClassTable,
    config: TrainingConfig,
    normalisation: Normalisation,
    validation: tuple[Sequence[Micrograph], Labels] | None = None,
    corrected: Sequence[Corrected | None] = (),
) -> Generator[None, None, AnnotatedSet]:
    """The annotated set at its working scale; yields now and then while that is sought.

    Raises LabelError for labels that cannot be learned from.
    """
    annotated = annotate(micrographs, labels, classes, normalisation, corrected)
    if config.exclude_databar:
        annotated = without_databars(annotated)
    check_trainable(annotated, classes)
    factor = config.reduction or (yield from _searched(annotated, classes, config, normalisation))
    scaled = at_scale(annotated, factor, len(classes), normalisation)
    _check_nothing_is_lost(annotated, scaled, classes, factor)
    if validation is None:
        labelled = with_held_out_regions(scaled, classes, config.validation_share, config.seed)
    else:
        held_out = annotate(*validation, classes, normalisation)
        labelled = with_validation(scaled, at_scale(held_out, factor, len(classes), normalisation), classes)
    notices = unknown_values(labels, classes) + _scale_told(factor, micrographs)
    where = labelled.measured_on if factor == 1 else f"{labelled.measured_on}, at 1/{factor} of the resolution"
    return replace(labelled, reduction=factor, measured_on=where, notices=notices)


def for_strokes_or_masks(config: TrainingConfig, labelled: AnnotatedSet) -> TrainingConfig:
    """Full masks leave nothing to learn from unlabelled pixels; the prior is for who starts from weights at all."""
    if not are_strokes(labelled.training):
        return config.model_copy(update={"affinity": 0.0, "teaching": 0.0, "prior": False})
    return config.model_copy(update={"prior": config.prior and config.encoder_weights != "none"})


def with_layers_considered(config: TrainingConfig, labelled: AnnotatedSet) -> tuple[TrainingConfig, AnnotatedSet]:
    """Layers keep their order, which is told, and are seen in larger patches, without the fine branch.

    Where a class hangs on its place in the order of layers, fine detail misleads. What was decided by hand stays; who
    asks for quarter turns says that there is no such order.
    """
    layers = _layers(labelled.training, labelled.classes, config)
    are_there = layers != "none"
    told = replace(labelled, notices=labelled.notices + (LAYERED_TOLD,) * are_there)
    settled = {
        "quarter_turns": not are_there,
        "fine_branch": False if are_there else None,
        "patch_size": LAYERED_PATCH_SIZE if are_there else PATCH_SIZE,
    }
    undecided = {name: value for name, value in settled.items() if getattr(config, name) is None}
    return config.model_copy(update={"layers": layers, **undecided}), told


def _searched(
    annotated: Sequence[AnnotatedSlice], classes: ClassTable, config: TrainingConfig, normalisation: Normalisation
) -> Generator[None, None, int]:
    """The best working scale, in layers among those at which a patch spans all of them."""
    least = spanning_reduction(annotated, _layers(annotated, classes, config), config.patch_size or LAYERED_PATCH_SIZE)
    return (yield from choose_reduction(annotated, len(classes), normalisation, config.seed, least))


def _layers(annotated: Sequence[AnnotatedSlice], classes: ClassTable, config: TrainingConfig) -> Layers:
    return config.layers or ("none" if config.quarter_turns else layers_of(annotated, len(classes)))


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
