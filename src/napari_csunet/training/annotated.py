"""The annotated set: slices of micrographs with their labels as class indices, and which regions are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import IntensityRange, Normalisation, normalised_crop
from napari_csunet.micrographs.reduction import reduced, reduced_flags, reduced_indices

BLOCKS_PER_SIDE = 8
SMALLEST_BLOCK = 16
SPARSE = 0.5
"""Share of labelled pixels up to which labels are strokes and not masks."""

Indices = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class AnnotatedSlice:
    """One slice with its class indices (h, w), ``UNLABELLED`` where nothing is known.

    excluded: pixels (h, w) from which nothing may be learnt, as in a databar.
    corrected: pixels (h, w) whose label says something else than a network did.
    recorded: the slice before it was brought to a coarser working scale. prior: what is believed of each pixel before
    training, probability (classes, h, w) float16.
    """

    micrograph: Micrograph
    slice_index: int
    intensities: IntensityRange
    indices: Indices
    excluded: Flags
    corrected: Flags
    recorded: AnnotatedSlice | None = None
    prior: npt.NDArray[np.float16] | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.micrograph.size

    def crop(self, rows: slice, columns: slice, channels: int) -> npt.NDArray[np.float32]:
        """Normalised pixels (h, w, channels) of a region."""
        return normalised_crop(self.micrograph, self.slice_index, self.intensities, channels, (rows, columns))

    def prior_crop(self, rows: slice, columns: slice, class_count: int) -> npt.NDArray[np.float32]:
        """Prior (h, w, classes) of a region, 0 for every class where nothing is believed."""
        if self.prior is None:
            return np.zeros((*self.indices[rows, columns].shape, class_count), np.float32)
        return self.prior[:, rows, columns].astype(np.float32).transpose(1, 2, 0)


def annotate(
    micrographs: Sequence[Micrograph],
    labels: Sequence[npt.NDArray[np.generic]],
    classes: ClassTable,
    normalisation: Normalisation,
    corrected: Sequence[Flags | None] = (),
) -> list[AnnotatedSlice]:
    """Slices that carry labels. ``corrected``: one array of the labels' shape for each micrograph, or none at all.

    Raises LabelError if a label array has another shape than its micrograph.
    """
    if len(micrographs) != len(labels):
        raise LabelError(f"There are {len(micrographs)} micrographs but {len(labels)} label arrays. Give one for each.")
    annotated = []
    for micrograph, array, places in zip(micrographs, labels, corrected or [None] * len(labels), strict=True):
        stack = _as_stack(micrograph, array)
        flags = np.broadcast_to(np.False_, stack.shape) if places is None else _as_stack(micrograph, places)
        for index in range(micrograph.slice_count):
            indices = classes.to_indices(np.asarray(stack[index]))
            if (indices != UNLABELLED).any():
                excluded = np.broadcast_to(np.False_, indices.shape)
                intensities = normalisation.fit(micrograph, index)
                annotated.append(AnnotatedSlice(micrograph, index, intensities, indices, excluded, flags[index]))
    return annotated


def without_databars(annotated: Sequence[AnnotatedSlice]) -> list[AnnotatedSlice]:
    """The same slices, unlabelled where a databar covers the specimen; those that carry no other label are dropped."""
    kept = []
    for one in annotated:
        rows = databar_rows(one.micrograph)
        if rows is not None:
            indices, excluded = one.indices.copy(), one.excluded.copy()
            indices[rows], excluded[rows] = UNLABELLED, True
            one = replace(one, indices=indices, excluded=excluded)
        if (one.indices != UNLABELLED).any():
            kept.append(one)
    return kept


def at_scale(
    annotated: Sequence[AnnotatedSlice], factor: int, class_count: int, normalisation: Normalisation
) -> list[AnnotatedSlice]:
    """The same slices at 1/``factor`` of their resolution."""
    if factor == 1:
        return list(annotated)
    scaled = []
    for one in annotated:
        micrograph = reduced(one.micrograph, factor)
        intensities = normalisation.fit(micrograph, one.slice_index)
        indices = reduced_indices(one.indices, factor, class_count)
        excluded, corrected = (reduced_flags(flags, factor) for flags in (one.excluded, one.corrected))
        excluded &= indices == UNLABELLED
        scaled.append(
            AnnotatedSlice(micrograph, one.slice_index, intensities, indices, excluded, corrected, recorded=one)
        )
    return scaled


def _as_stack(micrograph: Micrograph, labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    stack = labels if labels.ndim == 3 else labels[None]
    expected = (micrograph.slice_count, *micrograph.size)
    if stack.shape != expected:
        raise LabelError(
            f"The labels of {micrograph.name} have shape {labels.shape}, the micrograph {micrograph.mask_shape}. "
            "Make labels of the same size as the micrograph."
        )
    return stack


@dataclass(frozen=True, eq=False)
class AnnotatedSet:
    """Labels to train on and labels to judge by, without a common pixel; ``measured_on`` says where the latter lie."""

    training: Sequence[AnnotatedSlice]
    validation: Sequence[AnnotatedSlice]
    classes: ClassTable
    measured_on: str
    reduction: int = 1
    notices: tuple[str, ...] = ()


def with_held_out_regions(
    annotated: Sequence[AnnotatedSlice], classes: ClassTable, share: float, seed: int
) -> AnnotatedSet:
    """Set in which a share of the labelled regions is kept for validation."""
    training, validation = hold_out_regions(annotated, share, len(classes), seed)
    return AnnotatedSet(training, validation, classes, "held-out regions")


def with_validation(
    annotated: Sequence[AnnotatedSlice], validation: Sequence[AnnotatedSlice], classes: ClassTable
) -> AnnotatedSet:
    """Set that is judged by other micrographs. Raises LabelError if those carry no label of these classes."""
    if not validation:
        raise LabelError("The validation labels hold no labelled pixel of these classes. Check the class table.")
    trained = {one.micrograph.source for one in annotated if one.micrograph.source is not None}
    both = [one.micrograph.name for one in validation if one.micrograph.source in trained]
    if both:
        raise LabelError(f"{both[0]} is both trained on and validated on. Leave it out of one of them.")
    return AnnotatedSet(annotated, validation, classes, "the validation micrographs")


def unknown_values(labels: Sequence[npt.NDArray[np.generic]], classes: ClassTable) -> tuple[str, ...]:
    """A sentence if some labels above 0 are not in the class table, and so do not train."""
    known = {0, *classes.values}
    unknown = sorted({int(value) for array in labels for value in np.unique(array)} - known)
    if not unknown:
        return ()
    listed = ", ".join(map(str, unknown[:5])) + (", …" if len(unknown) > 5 else "")
    return (f"The labels hold values that are not in the class table and do not train: {listed}.",)


def class_counts(annotated: Sequence[AnnotatedSlice], class_count: int) -> npt.NDArray[np.int64]:
    """Labelled pixels of each class."""
    counts = np.zeros(class_count, np.int64)
    for one in annotated:
        counts += np.bincount(one.indices[one.indices != UNLABELLED], minlength=class_count)
    return counts


def labelled_share(annotated: Sequence[AnnotatedSlice]) -> float:
    """Mean share of the pixels of a slice that are labelled, of those that are not excluded."""
    return float(np.mean([(one.indices != UNLABELLED)[~one.excluded].mean() for one in annotated]))


def are_strokes(annotated: Sequence[AnnotatedSlice]) -> bool:
    """Whether most pixels are unlabelled."""
    return labelled_share(annotated) <= SPARSE


def check_trainable(annotated: Sequence[AnnotatedSlice], classes: ClassTable) -> npt.NDArray[np.int64]:
    """Labelled pixels of each class. Raises LabelError, in words for the user, if training makes no sense."""
    counts = class_counts(annotated, len(classes))
    names = [entry.name for index, entry in classes.entries() if counts[index]]
    if not names:
        listed = ", ".join(f"{entry.value} ({entry.name})" for entry in classes.classes)
        raise LabelError(
            f"No labelled pixel was found for the classes {listed}. Paint some, or correct the class table."
        )
    if len(names) == 1:
        raise LabelError(f"Only the class {names[0]} is labelled. Paint at least two classes, the background too.")
    return counts


def hold_out_regions(
    annotated: Sequence[AnnotatedSlice], share: float, class_count: int, seed: int
) -> tuple[list[AnnotatedSlice], list[AnnotatedSlice]]:
    """Splits labels into those for training and those for validation, block by block, so that no pixel is in both.

    Blocks are drawn at random until each class has ``share`` of its labelled pixels held out; no class gives away more
    than half of its pixels. A class that lies in a single block stays in training and is not validated.
    """
    if share == 0:
        return list(annotated), []
    blocks = [(i, region) for i, one in enumerate(annotated) for region in labelled_blocks(one)]
    counts = np.array([_block_counts(annotated[i], region, class_count) for i, region in blocks])
    total, held = counts.sum(axis=0), np.zeros(class_count, np.int64)
    validation = [np.full_like(one.indices, UNLABELLED) for one in annotated]
    training = [one.indices.copy() for one in annotated]
    for block in np.random.default_rng(seed).permutation(len(blocks)):
        helps = ((held < share * total) & (counts[block] > 0)).any()
        if helps and (held + counts[block] <= total / 2).all():
            held += counts[block]
            i, region = blocks[block]
            validation[i][region] = training[i][region]
            training[i][region] = UNLABELLED
    return _with_indices(annotated, training), _with_indices(annotated, validation)


def block_side(size: tuple[int, int]) -> int:
    """Side in pixels of the blocks in which labels of a slice of this size are held out."""
    return max(SMALLEST_BLOCK, min(size) // BLOCKS_PER_SIDE)


def labelled_blocks(one: AnnotatedSlice) -> list[tuple[slice, slice]]:
    """Those blocks of a slice that hold a label."""
    side = block_side(one.size)
    starts = [range(0, length, side) for length in one.size]
    regions = [(slice(y, y + side), slice(x, x + side)) for y in starts[0] for x in starts[1]]
    return [region for region in regions if (one.indices[region] != UNLABELLED).any()]


def _block_counts(one: AnnotatedSlice, region: tuple[slice, slice], class_count: int) -> npt.NDArray[np.int64]:
    indices = one.indices[region]
    return np.bincount(indices[indices != UNLABELLED], minlength=class_count).astype(np.int64)


def _with_indices(annotated: Sequence[AnnotatedSlice], indices: Sequence[Indices]) -> list[AnnotatedSlice]:
    pairs = zip(annotated, indices, strict=True)
    return [replace(one, indices=array) for one, array in pairs if (array != UNLABELLED).any()]
