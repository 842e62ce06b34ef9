"""Cleaning masks in a thread: which pixels change, and what the mask will look like."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.mask_cleaning import CleanUps, DoneCleaning
from napari_csunet.widgets.measure_results import MeasureChoices, classes_for, cleanings_of, load_measurement
from napari_csunet.widgets.measure_sources import MaskSource


@dataclass(frozen=True, eq=False)
class CleanedMask:
    """A mask of those that were to be cleaned. shown: (h, w) or (slices, h, w), with splits drawn as lines of 0."""

    index: int
    done: DoneCleaning
    classes: ClassTable
    shown: npt.NDArray[np.generic] | None = None


def clean_masks(
    sources: Sequence[MaskSource], settings: CleanUps, choices: MeasureChoices, *, preview: bool
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
        shown = _with_cuts(after, classes, wanted, source) if preview else None
        yield CleanedMask(index, done, classes, shown)


def _with_cuts(
    mask: npt.NDArray[np.generic], classes: ClassTable, settings: CleanUps, source: MaskSource
) -> npt.NDArray[np.generic]:
    """A copy in which a line of 0 lies between objects that are split."""
    from napari_csunet.measurement.field import fields_of
    from napari_csunet.measurement.scale import Scale
    from napari_csunet.measurement.splitting import split_objects

    shown = np.array(mask)
    slices = shown if shown.ndim == 3 else shown[None]
    for picture, field in zip(slices, fields_of(source.name, mask, classes, Scale.of(source.pixel_size)), strict=True):
        for value, one in settings.items():
            if one.split:
                labels = split_objects(field.inside(value), one.split, field.scale, field.valid)
                picture[_between(labels)] = 0
    return shown


def _between(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Pixels beside those of another object."""
    edge = np.zeros(labels.shape, bool)
    for first, second in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        a, b = labels[first], labels[second]
        edge[second] |= (a != b) & (a > 0) & (b > 0)
    return edge
