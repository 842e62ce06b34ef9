"""What a fine-tuning learns from: labels read, the working scale chosen, some labels kept to judge by."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.config import PATCH_SIZE, Layers, TrainingConfig
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
from napari_csunet.training.working_scale import CANDIDATES, choose_reduction

Labels = Sequence[npt.NDArray[Any]]

LAYERED_TOLD = "The classes lie in layers, so patches keep the order of these: they are stretched, and not turned."
MANY_LAYERED_PATCH_SIZE = 256
FEW_SLICES = 8
"""Labelled pictures of layers up to which patches have the usual size; see *Layers* in docs/method.md."""

SPANNED_TOLD = "The network looks at all of them at once."


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
    factor, scaled = yield from _at_working_scale(annotated, classes, config, normalisation)
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
    """Layers keep their order, which is told, and are seen without the fine branch.

    Where a class hangs on its place in the order of layers, fine detail misleads. What was decided by hand stays; who
    asks for quarter turns says that there is no such order.
    """
    layers = _layers(labelled.training, labelled.classes, config)
    are_there = layers != "none"
    told = replace(labelled, notices=(*labelled.notices, *_layers_told(labelled, layers, config)))
    settled = {
        "quarter_turns": not are_there,
        "fine_branch": False if are_there else None,
        "patch_size": _patch_side(labelled.training, layers, config),
    }
    undecided = {name: value for name, value in settled.items() if getattr(config, name) is None}
    return config.model_copy(update={"layers": layers, **undecided}), told


def _patch_side(annotated: Sequence[AnnotatedSlice], layers: Layers, config: TrainingConfig) -> int:
    """In pixels at the working scale; from many labelled pictures of layers finer detail can be learnt."""
    many = layers != "none" and len(annotated) > FEW_SLICES
    return config.patch_size or (MANY_LAYERED_PATCH_SIZE if many else PATCH_SIZE)


def _at_working_scale(
    annotated: Sequence[AnnotatedSlice], classes: ClassTable, config: TrainingConfig, normalisation: Normalisation
) -> Generator[None, None, tuple[int, list[AnnotatedSlice]]]:
    """The scale asked for, or the best at which no class is lost and, if possible, patches span any layers."""
    if config.reduction:
        scaled = at_scale(annotated, config.reduction, len(classes), normalisation)
        if lost := _lost(annotated, scaled, classes):
            raise LabelError(
                f"The labels of {lost} are too thin for a working scale of 1/{config.reduction}. Choose a finer one."
            )
        return config.reduction, scaled
    layers = _layers(annotated, classes, config)
    least = spanning_reduction(annotated, layers, _patch_side(annotated, layers, config))
    chosen = yield from choose_reduction(annotated, len(classes), normalisation, config.seed, least)
    for factor in (factor for factor in reversed(CANDIDATES) if 1 < factor <= chosen):
        scaled = at_scale(annotated, factor, len(classes), normalisation)
        if not _lost(annotated, scaled, classes):
            return factor, scaled
    return 1, list(annotated)


def _layers_told(labelled: AnnotatedSet, layers: Layers, config: TrainingConfig) -> tuple[str, ...]:
    if layers == "none":
        return ()
    side = _patch_side(labelled.training, layers, config)
    is_spanned = spanning_reduction(labelled.training, layers, side) == 1
    return (f"{LAYERED_TOLD} {SPANNED_TOLD}" if is_spanned else LAYERED_TOLD,)


def _layers(annotated: Sequence[AnnotatedSlice], classes: ClassTable, config: TrainingConfig) -> Layers:
    return config.layers or ("none" if config.quarter_turns else layers_of(annotated, len(classes)))


def _lost(annotated: Sequence[AnnotatedSlice], scaled: Sequence[AnnotatedSlice], classes: ClassTable) -> str:
    """The first class that has no pixel left, "" if each has."""
    before, after = (class_counts(some, len(classes)) for some in (annotated, scaled))
    return next((entry.name for index, entry in classes.entries() if before[index] and not after[index]), "")


def _scale_told(factor: int, micrographs: Sequence[Micrograph]) -> tuple[str, ...]:
    if factor == 1:
        return ()
    sizes = {str(m.pixel_size.times(factor)).removesuffix("/px") for m in micrographs if m.pixel_size is not None}
    told = f": {sizes.pop()} per pixel" if len(sizes) == 1 else ""
    return (f"Working at 1/{factor} of the resolution{told}.",)
