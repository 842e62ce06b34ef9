"""Cleaning a mask class by class: smoother boundaries, no small holes, no small regions. Never done unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage
from skimage.measure import label

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.field import Bools, whole_numbers
from napari_csunet.micrographs.micrograph import PixelSize

Indices = npt.NDArray[np.int16]
AreaUnit = Literal["px", "µm²"]

_SQUARE_NM = 1e6
_ROUNDING = 1 - 1e-9
_SPREAD_OF_A_DISC = 0.5
"""Standard deviation along an axis of a disc of radius 1."""


class Cleaning(BaseModel):
    """What is done to one class. Areas are in ``unit``; 0 and False leave the class as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    smooth: float = Field(0, ge=0, le=100, description="Radius in pixels over which the boundary is smoothed.")
    holes: float = Field(0, ge=0, description="Holes smaller than this are filled.")
    smallest: float = Field(0, ge=0, description="Regions smaller than this go to the class around them.")
    largest_only: bool = Field(False, description="Keep the largest region of each micrograph, and no other.")
    split: float = Field(0, ge=0, le=1, description="Cut touching objects where they are narrower than this share.")
    unit: AreaUnit = Field("px", description="Unit of the smallest region and of the holes.")

    @property
    def changes_mask(self) -> bool:
        """Splitting alone tells objects apart and changes no pixel."""
        return bool(self.smooth or self.holes or self.smallest or self.largest_only)

    def described(self) -> str:
        """What is done, such as "regions smaller than 20 px given to the class around them"; empty if nothing is."""
        return ", ".join(self._steps())

    def _steps(self) -> Iterator[str]:
        if self.smooth:
            yield f"boundary smoothed over a radius of {self.smooth:g} px"
        if self.holes:
            yield f"holes smaller than {self.holes:g} {self.unit} filled"
        if self.smallest:
            yield f"regions smaller than {self.smallest:g} {self.unit} given to the class around them"
        if self.largest_only:
            yield "only the largest region kept"
        if self.split:
            yield f"touching objects split where narrower than {self.split:g} of the smaller one"


Cleanings = Mapping[int, Cleaning]


def described(cleanings: Cleanings, classes: ClassTable) -> list[str]:
    """A sentence for each class that is cleaned, for the record of an export."""
    steps = {c.name: cleanings[c.value].described() for c in classes.classes if c.value in cleanings}
    return [f"{name}: {text}." for name, text in steps.items() if text]


def cleaned(
    mask: npt.NDArray[np.generic], classes: ClassTable, cleanings: Cleanings, pixel_size: PixelSize | None = None
) -> npt.NDArray[np.generic]:
    """A new mask of the same shape (h, w) or (slices, h, w) and type; ``cleanings`` by class value.

    Pixels that are no class (databar, unlabelled) keep their value, and no step crosses them. In this order:

    smooth: a Gaussian as wide as a disc of that radius decides each pixel by majority. A pixel that the class loses
    goes to the most common other class there. No region of any class vanishes: one that would stays as it was.
    holes: regions of whatever other classes, wholly enclosed by the class, become the class. Those at the border of
    the picture or beside a pixel without a class are left, because they may go on. Classes go in the table's order.
    smallest, largest_only: regions (8-connected, cut ones by what is seen of them) of all classes are removed at once;
    removed pixels that hang together become the class that most of their boundary touches.

    Raises LabelError for a class that is not in the table, and for µm² without a pixel size.
    """
    _check(classes, cleanings, pixel_size)
    values = whole_numbers(mask, "The mask")
    result = mask.copy()
    layers = [(values, result)] if values.ndim == 2 else zip(values, result, strict=True)
    for before, after in layers:
        indices = classes.to_indices(before)
        new = _cleaned_indices(indices, _by_index(classes, cleanings), pixel_size)
        changed = new != indices
        after[changed] = np.array(classes.values)[new[changed]]
    return result


def _check(classes: ClassTable, cleanings: Cleanings, pixel_size: PixelSize | None) -> None:
    unknown = sorted(set(cleanings) - set(classes.values))
    if unknown:
        raise LabelError(f"Class {unknown[0]} is not in the class table, which has {', '.join(classes.class_names)}.")
    in_micrometres = any(c.unit != "px" and (c.smallest or c.holes) for c in cleanings.values())
    if in_micrometres and pixel_size is None:
        raise LabelError("Regions cannot be cleaned by µm² without a pixel size. Set it, or give their area in px.")


def _by_index(classes: ClassTable, cleanings: Cleanings) -> dict[int, Cleaning]:
    return {index: cleanings[c.value] for index, c in classes.entries() if c.value in cleanings}


def _cleaned_indices(indices: Indices, cleanings: dict[int, Cleaning], pixel_size: PixelSize | None) -> Indices:
    size = pixel_size or PixelSize(1, 1)
    side = (size.y_nm * size.x_nm) ** 0.5
    for index, c in cleanings.items():
        if c.smooth:
            spread = c.smooth * _SPREAD_OF_A_DISC
            indices = _smoothed(indices, index, (spread * side / size.y_nm, spread * side / size.x_nm))
    for index, c in cleanings.items():
        if c.holes:
            indices = _without_holes(indices, index, _pixels(c.holes, c.unit, size))
    removed = np.zeros(indices.shape, bool)
    for index, c in cleanings.items():
        removed |= _too_much(indices == index, _pixels(c.smallest, c.unit, size), c.largest_only)
    return _given_to_surroundings(indices, removed) if removed.any() else indices


def _pixels(area: float, unit: AreaUnit, size: PixelSize) -> float:
    """Area in pixels, a rounding error less, because regions of exactly that area stay."""
    return _ROUNDING * (area if unit == "px" else area * _SQUARE_NM / (size.y_nm * size.x_nm))


def _smoothed(indices: Indices, index: int, spread: tuple[float, float]) -> Indices:
    def amount(inside: Bools) -> npt.NDArray[np.float32]:
        blurred: npt.NDArray[np.float32] = ndimage.gaussian_filter(inside.astype(np.float32), spread, mode="nearest")
        return blurred

    known = indices != UNLABELLED
    inside = known & (2 * amount(indices == index) > amount(known))
    lost = (indices == index) & ~inside
    result: Indices = np.where(inside, np.int16(index), indices)
    result[lost] = _most_common_other(indices, index, lost, amount)
    return _with_vanished_regions(indices, result)


def _most_common_other(
    indices: Indices, index: int, where: Bools, amount: Callable[[Bools], npt.NDArray[np.float32]]
) -> Indices:
    others = np.array([i for i in np.unique(indices) if i not in (UNLABELLED, index)], np.int16)
    if not others.size:
        return indices[where]
    most: Indices = others[np.argmax([amount(indices == i)[where] for i in others], axis=0)]
    return most


def _with_vanished_regions(before: Indices, after: Indices) -> Indices:
    regions = label(before, background=UNLABELLED, connectivity=2)  # type: ignore[no-untyped-call]
    lives = np.zeros(int(regions.max()) + 1, bool)
    lives[regions[before == after]] = True
    restored: Indices = np.where(lives[regions], after, before)
    return restored


def _without_holes(indices: Indices, index: int, limit: float) -> Indices:
    regions = label(indices != index, connectivity=1)  # type: ignore[no-untyped-call]
    closed = np.bincount(regions.ravel()) < limit
    closed[0] = False
    for edge in (regions[[0, -1]], regions[:, [0, -1]], regions[indices == UNLABELLED]):
        closed[edge] = False
    filled: Indices = np.where(closed[regions], np.int16(index), indices)
    return filled


def _too_much(inside: Bools, limit: float, largest_only: bool) -> Bools:
    """Pixels of the regions that are to go."""
    regions = label(inside, connectivity=2)  # type: ignore[no-untyped-call]
    areas = np.bincount(regions.ravel())
    areas[0] = 0
    goes = areas < limit
    if largest_only:
        goes |= np.arange(areas.size) != areas.argmax()
    goes[0] = False
    found: Bools = goes[regions]
    return found


def _given_to_surroundings(indices: Indices, removed: Bools) -> Indices:
    """Each removed patch becomes the class with which it shares most boundary; one that touches none stays."""
    patches = label(removed, connectivity=2)  # type: ignore[no-untyped-call]
    kept = np.where(removed, np.int16(UNLABELLED), indices)
    count = int(indices.max()) + 1
    votes = np.zeros((int(patches.max()) + 1) * count, np.int64)
    for patch, neighbour in _beside(patches, kept):
        touching = (patch > 0) & (neighbour != UNLABELLED)
        votes += np.bincount(patch[touching] * count + neighbour[touching], minlength=votes.size)
    table = votes.reshape(-1, count)
    winner = np.where(table.any(axis=1), table.argmax(axis=1), UNLABELLED).astype(np.int16)[patches]
    given: Indices = np.where(removed & (winner != UNLABELLED), winner, indices)
    return given


def _beside(patches: npt.NDArray[np.integer], kept: Indices) -> Iterator[tuple[npt.NDArray[np.integer], Indices]]:
    """Patch and class of pixels that share a side, in all four directions."""
    for before, after in (((slice(-1),), (slice(1, None),)), ((slice(None), slice(-1)), (slice(None), slice(1, None)))):
        yield patches[before], kept[after]
        yield patches[after], kept[before]
