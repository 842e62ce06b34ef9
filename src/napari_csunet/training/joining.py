"""New strokes join a training that runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from napari_csunet.classes import UNLABELLED
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import (
    AnnotatedSet,
    AnnotatedSlice,
    annotate,
    at_scale,
    labelled_blocks,
    without_databars,
)
from napari_csunet.training.labelling import Change


def joined(
    labelled: AnnotatedSet, micrograph: Micrograph, change: Change, normalisation: Normalisation, config: TrainingConfig
) -> AnnotatedSet:
    """The set with the labels of one of its micrographs as they are now, at the scale it works at.

    Blocks that are held out stay held out, with their new labels; what was believed of each pixel before the training
    stays believed.
    """
    corrected = None if change.corrections is None else change.corrections(change.labels)
    new = annotate([micrograph], [change.labels], labelled.classes, normalisation, [corrected])
    if config.exclude_databar:
        new = without_databars(new)
    new = at_scale(new, labelled.reduction, len(labelled.classes), normalisation)
    held_out, known = (
        {one.slice_index: one for one in some if _is_of(one, micrograph)}
        for some in (labelled.validation, labelled.training)
    )
    new = [_with_prior(one, known.get(one.slice_index)) for one in new]
    split = [_split(one, held_out.get(one.slice_index)) for one in new]
    training = [*_others(labelled.training, micrograph), *_labelled(trained for trained, _ in split)]
    judging = [*_others(labelled.validation, micrograph), *_labelled(judged for _, judged in split)]
    return replace(labelled, training=training, validation=judging if held_out else labelled.validation)


def _is_of(one: AnnotatedSlice, micrograph: Micrograph) -> bool:
    return (one.recorded or one).micrograph is micrograph


def _labelled(some: Iterable[AnnotatedSlice]) -> list[AnnotatedSlice]:
    return [one for one in some if (one.indices != UNLABELLED).any()]


def _others(some: Sequence[AnnotatedSlice], micrograph: Micrograph) -> list[AnnotatedSlice]:
    return [one for one in some if not _is_of(one, micrograph)]


def _with_prior(one: AnnotatedSlice, known: AnnotatedSlice | None) -> AnnotatedSlice:
    return one if known is None else replace(one, prior=known.prior)


def _split(one: AnnotatedSlice, held_out: AnnotatedSlice | None) -> tuple[AnnotatedSlice, AnnotatedSlice]:
    """What trains, and what judges: the blocks in which labels were held out before."""
    judges = np.zeros(one.size, bool)
    for block in labelled_blocks(held_out) if held_out is not None else ():
        judges[block] = True
    trained, judged = (np.where(chosen, one.indices, np.int16(UNLABELLED)) for chosen in (~judges, judges))
    return replace(one, indices=trained), replace(one, indices=judged)
