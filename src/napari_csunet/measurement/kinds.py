"""What each class of some masks is likely to be, and the plan that measures each as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from skimage.measure import label

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.border import Frame
from napari_csunet.measurement.field import Bools
from napari_csunet.measurement.kind import Kind, Kinds, is_called_matrix
from napari_csunet.measurement.summary import GRAINS, MeasurementPlan

Mask = npt.NDArray[np.integer]

GRAIN_SHARE = 0.9
"""Numbered objects that cover more than this of what is measured are grains, unless somebody says otherwise."""


def likely_kinds(masks: Sequence[Mask], classes: ClassTable, *, numbered: bool = False) -> dict[int, Kind]:
    """By class value: the matrix is the matrix, all else are particles.

    The matrix is what is called so ("matrix" or "background"), else the class that spans the micrographs, see
    ``spanning_class``. A class that is alone is none. ``numbered``: the masks had one number for each object.
    """
    if len(classes) == 1:
        matrix: set[int] = set()
    else:
        named = {c.value for c in classes.classes if is_called_matrix(c.name)}
        matrix = named or ({found} if (found := spanning_class(masks, classes)) is not None else set())
    objects = Kind.GRAINS if numbered and _cover(masks, classes) else Kind.PARTICLES
    return {value: Kind.MATRIX if value in matrix else objects for value in classes.values}


def spanning_class(masks: Sequence[Mask], classes: ClassTable) -> int | None:
    """The class that covers most of the borders, if in at least half of the masks one region touches all four sides."""
    slices = [one for mask in masks for one in (mask if mask.ndim == 3 else mask[None])]
    cut = [_without_margin(one, np.isin(one, classes.values)) for one in slices]
    cut = [one for one in cut if one.size]
    edges = [np.concatenate([one[0], one[-1], one[:, 0], one[:, -1]]) for one in cut]
    counts = {value: sum(int(np.count_nonzero(edge == value)) for edge in edges) for value in classes.values}
    most = max(counts, key=lambda value: counts[value])
    spanned = sum(_spans(one == most) for one in cut) if counts[most] else 0
    return most if cut and 2 * spanned >= len(cut) else None


def with_kinds(plan: MeasurementPlan, kinds: Kinds, classes: ClassTable, *, numbered: bool = False) -> MeasurementPlan:
    """The plan with objects, layers and grains of these kinds; a class without a kind is particles.

    Where grains are measured, particles that are called so are these grains: they are not measured twice.
    Raises LabelError if grains are wanted and nobody can say what their boundary is.
    """
    by_kind = {kind: tuple(v for v in classes.values if kinds.get(v, Kind.PARTICLES) is kind) for kind in Kind}
    boundary = None if numbered else _boundary(by_kind[Kind.GRAINS], by_kind[Kind.BOUNDARIES], classes)
    grains = numbered and bool(by_kind[Kind.GRAINS])
    plan = replace(plan, layers=by_kind[Kind.LAYER], boundary=boundary, instances_are_grains=grains)
    called_so = [c.value for c in classes.classes if c.name == GRAINS and plan.has_grains]
    return replace(plan, objects=tuple(v for v in by_kind[Kind.PARTICLES] if v not in called_so))


def _boundary(grains: tuple[int, ...], boundaries: tuple[int, ...], classes: ClassTable) -> int | None:
    """The class that is said to be it; for grains, else the only class that is not the grains."""
    if len(boundaries) == 1 or not (grains or boundaries):
        return boundaries[0] if boundaries else None
    others = [value for value in classes.values if value not in grains]
    if boundaries or len(others) != 1:
        named = ", ".join(classes.class_names)
        raise LabelError(f"Grains need one class that is their boundary. Say which one of {named} it is.")
    return others[0]


def _cover(masks: Sequence[Mask], classes: ClassTable) -> bool:
    """Excluded pixels, such as databars, do not count; 0 does, also where it is no class."""
    filled = sum(int(np.count_nonzero(mask == 1)) for mask in masks)
    pixels = sum(int(np.count_nonzero(np.isin(mask, (0, *classes.values)))) for mask in masks)
    return filled > GRAIN_SHARE * pixels


def _without_margin(mask: Mask, valid: Bools) -> Mask:
    """What lies within the rectangle around all pixels of a class, as without a databar."""
    frame = Frame.of(valid)
    return mask[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]


def _spans(inside: Bools) -> bool:
    """Whether one region of pixels that touch at a side or a corner reaches all four sides."""
    regions = label(inside, connectivity=2)  # type: ignore[no-untyped-call]
    sides = [set(np.unique(side)) for side in (regions[0], regions[-1], regions[:, 0], regions[:, -1])]
    return bool(set.intersection(*sides) - {0})
