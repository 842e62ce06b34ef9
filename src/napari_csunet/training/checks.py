"""What to look at before training: each finding is one plain sentence, and none keeps anybody from training."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from zlib import crc32

import numpy as np

from napari_csunet.classes import ClassTable, MicrographClass
from napari_csunet.errors import CSUNetError
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.training.finding import Finding, Place
from napari_csunet.training.look_alikes import look_alikes
from napari_csunet.training.painted import Looked, Painted, PaintedSlice

FEW_PIXELS = 100
"""A single dab of the brush that new labels come with has about 80."""
PIXEL_SIZES_APART = 2.0
"""Training patches are magnified 0.7 to 1.4 times: what differs more than that no augmentation makes up for."""
CONTRAST_APART = 4.0
"""Ratio of contrast; up to 3.6 occurs within sets of real micrographs."""
INVERTED = 0.3
"""Difference of mean brightness between two classes, in spreads of the picture, that is not chance."""
MOST_COMPARED = 20
"""Classes up to which pairs are compared; more are numbers of objects."""


class LabelChecks:
    """Remembers micrographs, and what was found on those on which nothing was painted since."""

    def __init__(self) -> None:
        self._looked: dict[str, Looked] = {}
        self._seen: dict[str, Seen] = {}

    def findings(
        self,
        painted: Sequence[Painted],
        classes: ClassTable,
        counts: Mapping[int, int],
        *,
        exclude_databar: bool = True,
    ) -> Generator[tuple[Finding, ...] | None, None, None]:
        """Yields None after each micrograph, and all findings in the end.

        counts: pixels by label value, those of micrographs too that are not in ``painted``.
        """
        self._forget_all_but(painted)
        for one in painted:
            self._look(one, classes, exclude_databar)
            yield None
        slices = [part for one in painted for part in self._seen[one.name].slices]
        found = [finding for one in painted for finding in self._seen[one.name].findings]
        sizes = {name: size for name, one in self._looked.items() if (size := one.micrograph.pixel_size) is not None}
        yield (*_sparse_classes(classes, counts, slices), *found, *_between_micrographs(slices, classes, sizes))

    def _forget_all_but(self, painted: Sequence[Painted]) -> None:
        known = {
            one.name for one in painted if one.name in self._looked and self._looked[one.name].pixels is one.pixels
        }
        self._looked = {name: looked for name, looked in self._looked.items() if name in known}
        self._seen = {name: seen for name, seen in self._seen.items() if name in known}

    def _look(self, one: Painted, classes: ClassTable, exclude_databar: bool) -> None:
        labels = np.ascontiguousarray(one.labels)
        key = (crc32(labels.data), labels.shape, classes, exclude_databar)
        if one.name in self._seen and self._seen[one.name].key == key:
            return
        findings: list[Finding] = []
        slices: list[SliceSummary] = []
        try:
            for part in self._looked_at(one).painted_slices(labels, classes):
                findings += _on_slice(part, classes, exclude_databar)
                slices.append(SliceSummary.of(part))
        except CSUNetError as error:
            findings.append(Finding(str(error), one.name))
        self._seen[one.name] = Seen(key, tuple(findings), tuple(slices))

    def _looked_at(self, one: Painted) -> Looked:
        if one.name not in self._looked:
            self._looked[one.name] = Looked(one)
        return self._looked[one.name]


@dataclass(frozen=True, eq=False)
class SliceSummary:
    """What comparisons between slices need: spread of the brightness as stored; classes by index, normalised."""

    name: str
    dtype: str
    contrast: float
    brightness: Mapping[int, float]
    places: Mapping[int, Place]

    @classmethod
    def of(cls, painted: PaintedSlice) -> SliceSummary:
        own = {int(index): painted.classes == index for index in np.unique(painted.classes)}
        places = {index: painted.place(chosen) for index, chosen in own.items()}
        many = {index for index in places if np.isfinite(painted.brightness[own[index]]).sum() >= FEW_PIXELS}
        brightness = {index: float(np.nanmean(painted.brightness[own[index]])) for index in many}
        return cls(painted.name, painted.dtype, painted.contrast, brightness, places)


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found on a micrograph with the labels, classes and settings that ``key`` tells."""

    key: tuple[object, ...]
    findings: tuple[Finding, ...]
    slices: tuple[SliceSummary, ...]


def _sparse_classes(
    classes: ClassTable, counts: Mapping[int, int], slices: Sequence[SliceSummary]
) -> Iterator[Finding]:
    """Classes with no or few labels; while fewer than two are painted, nothing can be trained anyway."""
    if sum(1 for value in classes.values if counts.get(value)) < 2:
        return
    for index, entry in classes.entries():
        pixels = counts.get(entry.value, 0)
        where = next((one for one in slices if index in one.places), None)
        if not pixels:
            yield Finding(f"{entry.name} has no labels: it will never be predicted.", value=entry.value)
        elif pixels < FEW_PIXELS and where is not None:
            told = f"{entry.name} has only {pixels} labelled pixels. Paint some more of it."
            yield Finding(told, where.name, where.places[index], entry.value)


def _on_slice(painted: PaintedSlice, classes: ClassTable, exclude_databar: bool) -> Iterator[Finding]:
    if painted.databar is not None:
        rows = painted.databar
        inside = (painted.rows >= rows.start) & (painted.rows < rows.stop)
        fate = "do not train" if exclude_databar else "train, too"
        told = f"Labels of {painted.name} lie on the databar and {fate}."
        yield from _about(painted, inside, told)
    unknown = ~np.isfinite(painted.brightness)
    yield from _about(painted, unknown, f"Labels of {painted.name} lie where there is no picture.")
    for one in look_alikes(painted, len(classes)) if len(classes) <= MOST_COMPARED else ():
        first, second = (classes.classes[index].name for index in one.classes)
        told = f"{first} and {second} are painted side by side on pixels that look alike. A slip of the brush?"
        yield Finding(told, painted.name, one.place)


def _about(painted: PaintedSlice, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]], told: str) -> Iterator[Finding]:
    if chosen.any():
        yield Finding(told, painted.name, painted.place(chosen))


def _between_micrographs(
    slices: Sequence[SliceSummary], classes: ClassTable, sizes: Mapping[str, PixelSize]
) -> Iterator[Finding]:
    yield from _pixel_sizes_apart({one.name: sizes[one.name] for one in slices if one.name in sizes})
    for dtype in {one.dtype: None for one in slices}:
        yield from _contrast_apart([one for one in slices if one.dtype == dtype])
    if len(classes) <= MOST_COMPARED:
        for first, second in combinations(classes.entries(), 2):
            yield from _inverted(slices, first, second)


def _pixel_sizes_apart(sizes: Mapping[str, PixelSize]) -> Iterator[Finding]:
    if not sizes:
        return
    finest, coarsest = (choose(sizes, key=lambda name: sizes[name].x_nm) for choose in (min, max))
    factor = sizes[coarsest].x_nm / sizes[finest].x_nm
    if factor > PIXEL_SIZES_APART:
        told = f"{coarsest} has {factor:.2g} times larger pixels ({sizes[coarsest]}) than {finest} ({sizes[finest]})."
        yield Finding(f"{told} Train on each magnification alone, if you can.", coarsest)


def _contrast_apart(slices: Sequence[SliceSummary]) -> Iterator[Finding]:
    """For slices of one data type, whose brightness can be compared."""
    weakest, strongest = (choose(slices, key=lambda one: one.contrast) for choose in (min, max))
    factor = strongest.contrast / weakest.contrast
    if factor > CONTRAST_APART:
        told = f"{weakest.name} has {factor:.2g} times less contrast than {strongest.name}. Look at its mask first."
        yield Finding(told, weakest.name)


def _inverted(
    slices: Sequence[SliceSummary], first: tuple[int, MicrographClass], second: tuple[int, MicrographClass]
) -> Iterator[Finding]:
    """Two classes of which one is brighter on some micrographs and darker on others; the fewer ones are shown."""
    both = [one for one in slices if {first[0], second[0]} <= one.brightness.keys()]
    differences = {one: one.brightness[first[0]] - one.brightness[second[0]] for one in both}
    brighter = [one for one, difference in differences.items() if difference > INVERTED]
    darker = [one for one, difference in differences.items() if difference < -INVERTED]
    if brighter and darker:
        (odd, word), (usual, _) = sorted(((brighter, "brighter"), (darker, "darker")), key=lambda some: len(some[0]))
        names = f"{first[1].name} is {word} than {second[1].name} on {odd[0].name}"
        told = f"{names}, but not on {usual[0].name}. Is the contrast inverted, or a class mixed up?"
        yield Finding(told, odd[0].name, odd[0].places[first[0]])
