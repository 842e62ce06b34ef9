"""New strokes join a training that runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_csunet.classes import UNLABELLED
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import AnnotatedSet, AnnotatedSlice, annotate, at_scale, without_databars
from napari_csunet.training.labelling import Change


def joined(
    labelled: AnnotatedSet, micrograph: Micrograph, change: Change, normalisation: Normalisation, config: TrainingConfig
) -> AnnotatedSet:
    """The set with the labels of one of its micrographs as they are now, at the scale it works at.

    What is held out stays held out, and what was believed of each pixel before the training stays believed.
    """
    new = annotate([micrograph], [change.labels], labelled.classes, normalisation, [change.corrected])
    if config.exclude_databar:
        new = without_databars(new)
    new = at_scale(new, labelled.reduction, len(labelled.classes), normalisation)
    held_out, known = (
        {one.slice_index: one for one in some if _is_of(one, micrograph)}
        for some in (labelled.validation, labelled.training)
    )
    new = [_beside(one, held_out.get(one.slice_index), known.get(one.slice_index)) for one in new]
    others = [one for one in labelled.training if not _is_of(one, micrograph)]
    return replace(labelled, training=[*others, *(one for one in new if (one.indices != UNLABELLED).any())])


def _is_of(one: AnnotatedSlice, micrograph: Micrograph) -> bool:
    return (one.recorded or one).micrograph is micrograph


def _beside(one: AnnotatedSlice, held_out: AnnotatedSlice | None, known: AnnotatedSlice | None) -> AnnotatedSlice:
    prior = None if known is None else known.prior
    if held_out is None:
        return replace(one, prior=prior)
    free = np.where(held_out.indices == UNLABELLED, one.indices, np.int16(UNLABELLED))
    return replace(one, indices=free, prior=prior)
