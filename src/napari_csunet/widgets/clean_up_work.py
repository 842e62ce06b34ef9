"""Cleaning masks in a thread: which pixels change, and what the mask will look like."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.mask_cleaning import CleanUps, DoneCleaning
from napari_csunet.widgets.mask_meaning import classes_for
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_results import cleanings_of, load_measurement
from napari_csunet.widgets.measure_sources import MaskSource

if TYPE_CHECKING:
    from napari_csunet.measurement.field import Field


Counts = Mapping[str, tuple[int, int]]
"""By the name of a class: how many objects it had, and has when it is cleaned and split."""


@dataclass(frozen=True, eq=False)
class CleanedMask:
    """A mask of those that were to be cleaned. shown: (h, w) or (slices, h, w), with splits drawn as lines of 0."""

    index: int
    done: DoneCleaning
    classes: ClassTable
    counts: Counts
    shown: npt.NDArray[np.generic]


def clean_masks(
    sources: Sequence[MaskSource], settings: CleanUps, choices: MeasureChoices
) -> Generator[CleanedMask, None, None]:
    """What a clean-up changes in each mask, as it was before any other clean-up. Raises CSUNetError."""
    load_measurement()
    from napari_csunet.measurement.cleaning import cleaned

    arrays = [s.cleaned.undone(s.values) if s.cleaned else np.asarray(s.values) for s in sources]
    classes = classes_for(sources, arrays, choices)
    wanted = {value: one for value, one in settings.items() if value in classes.values}
    for index, (source, values) in enumerate(zip(sources, arrays, strict=True)):
        after = cleaned(values, classes, cleanings_of(wanted), source.pixel_size)
        places = np.nonzero(after != values)
        done = DoneCleaning(wanted, places, values[places], after[places])
        before = _counts(values, classes, wanted, source)
        shown, after_counts = _with_cuts(after, classes, wanted, source)
        yield CleanedMask(index, done, classes, {name: (n, after_counts[name]) for name, n in before.items()}, shown)


def _counts(
    mask: npt.NDArray[np.generic], classes: ClassTable, settings: CleanUps, source: MaskSource
) -> dict[str, int]:
    """How many regions each class has, by its name."""
    from napari_csunet.measurement.particles import connected_objects

    fields = _fields(mask, classes, source)
    names = {c.value: c.name for c in classes.classes}
    return {names[v]: sum(int(connected_objects(f.inside(v)).max(initial=0)) for f in fields) for v in settings}


def _with_cuts(
    mask: npt.NDArray[np.generic], classes: ClassTable, settings: CleanUps, source: MaskSource
) -> tuple[npt.NDArray[np.generic], dict[str, int]]:
    """A copy in which a line of 0 lies between objects that are split, and how many objects each class has then."""
    from napari_csunet.measurement.splitting import split_objects

    shown, counts = np.array(mask), dict.fromkeys((c.name for c in classes.classes if c.value in settings), 0)
    slices = shown if shown.ndim == 3 else shown[None]
    for picture, field in zip(slices, _fields(mask, classes, source), strict=True):
        for c in classes.classes:
            if c.value in settings:
                labels = split_objects(field.inside(c.value), settings[c.value].split, field.scale, field.valid)
                counts[c.name] += int(labels.max(initial=0))
                picture[_between(labels)] = 0
    return shown, counts


def _fields(mask: npt.NDArray[np.generic], classes: ClassTable, source: MaskSource) -> list[Field]:
    from napari_csunet.measurement.field import fields_of
    from napari_csunet.measurement.scale import Scale

    return fields_of(source.name, mask, classes, Scale.of(source.pixel_size))


def _between(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Pixels beside those of another object."""
    edge = np.zeros(labels.shape, bool)
    for first, second in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        a, b = labels[first], labels[second]
        edge[second] |= (a != b) & (a > 0) & (b > 0)
    return edge
