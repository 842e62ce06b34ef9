"""Micrographs to draw random patches from: held in memory as bytes up to a limit, read when drawn beyond it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.errors import LabelError, MicrographError
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation, match_channels
from napari_csunet.micrographs.pairing import find_files, pair_by_stem
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.micrographs.writing import class_table_path, read_class_table
from napari_csunet.training.pretraining.memory_allowance import MemoryAllowance
from napari_csunet.training.pretraining.step_random import StepRandom

SCALES = (0.25, 1.5)
SMALLEST_SIDE = 32
MOST_CLASSES = 32
IGNORED = 255
"""In the mask of a picture, what no class claims; in a mask file too, unless its class table says otherwise."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One grey slice, (h, w) uint8 between its clipping limits; ``mean`` and ``spread`` of that; ``mask`` alike."""

    pixels: Tensor
    mean: float
    spread: float
    mask: Tensor | None = None

    @property
    def nbytes(self) -> int:
        return self.pixels.nbytes + (0 if self.mask is None else self.mask.nbytes)


Reader = Callable[[], list[Picture]]
Square = tuple[slice, slice]


class PicturePool:
    """Draws patches of random place and magnification; every file is as likely as any other."""

    def __init__(
        self,
        readers: Sequence[tuple[str, Reader]],
        notices: tuple[str, ...] = (),
        memory: MemoryAllowance | None = None,
    ) -> None:
        """``readers``: name and how to read it; ``memory`` may be shared with other pools.

        Raises MicrographError if none can be read.
        """
        memory = memory or MemoryAllowance()
        self._names: list[str] = []
        self._sources: list[list[Picture] | Reader] = []
        self.class_count = 2
        skipped = []
        for name, read in readers:
            try:
                pictures = read()
            except MicrographError as error:
                skipped.append(f"Skipped: {error}")
                continue
            self._names.append(name)
            self.class_count = max(self.class_count, *(_classes_in(picture) for picture in pictures))
            fits = memory.grants(sum(picture.nbytes for picture in pictures))
            self._sources.append(pictures if fits else read)
        self.notices = (*notices, *skipped)
        if not self._sources:
            raise MicrographError(f"None of {len(readers)} micrographs can be used. The first: {skipped[0]}")

    def __len__(self) -> int:
        return len(self._sources)

    def describe(self) -> dict[str, Any]:
        """Number of files and a hash of their names."""
        return {"files": len(self), "names_sha256": hashlib.sha256("\n".join(self._names).encode()).hexdigest()[:16]}

    def draw(self, count: int, side: int, random: StepRandom) -> tuple[Tensor, Tensor]:
        """Normalised patches (count, 1, side, side) and masks (count, side, side) int64, unlabelled without mask."""
        drawn = [_patch(self._picture(random), side, random) for _ in range(count)]
        return torch.stack([image for image, _ in drawn]), torch.stack([mask for _, mask in drawn])

    def centres(self, side: int, most: int | None = None) -> Iterator[Tensor]:
        """The central square of every slice of ``most`` files, resized, (1, 1, side, side) on the CPU."""
        for source in self._sources[:most]:
            for picture in source if isinstance(source, list) else source():
                h, w = picture.pixels.shape
                wanted = min(h, w)
                top, left = (h - wanted) // 2, (w - wanted) // 2
                square = (slice(top, top + wanted), slice(left, left + wanted))
                yield _image_patch(picture, square, side, torch.device("cpu"))[None]

    def _picture(self, random: StepRandom) -> Picture:
        source = self._sources[int(random.numbers.integers(len(self._sources)))]
        pictures = source if isinstance(source, list) else source()
        return pictures[int(random.numbers.integers(len(pictures)))]


def read_pool(patterns: Sequence[str | Path], memory: MemoryAllowance | None = None) -> PicturePool:
    """Unlabelled micrographs: files, folders or globs. What cannot be read becomes a notice."""
    readers = [(path.name, _reader(path)) for path in find_files(patterns)]
    return PicturePool(readers, memory=memory)


def read_labelled_pool(
    images: Sequence[str | Path],
    masks: Sequence[str | Path],
    *,
    instances: bool = False,
    memory: MemoryAllowance | None = None,
) -> PicturePool:
    """Micrographs with masks, paired by stem. ``instances``: every mask value above 0 is one class, particle.

    A class table beside a mask says which of its values are classes; without one all are but 255, which is ignored.
    Raises MicrographError unless all masks have the same table or none, LabelError for one that cannot be read.
    """
    pairs = pair_by_stem(find_files(images), find_files(masks), "image", "mask")
    table = None if instances else _common_table([mask for _, mask in pairs])
    readers = [(image.name, _labelled_reader(image, mask, table, instances)) for image, mask in pairs]
    return PicturePool(readers, memory=memory)


def pool_of_micrographs(micrographs: Sequence[Micrograph]) -> PicturePool:
    """Micrographs that are in memory already, such as open layers."""
    return PicturePool([(one.name, _bound(one)) for one in micrographs])


def _reader(path: Path) -> Reader:
    return lambda: pictures_of(read_micrograph(path))


def _bound(micrograph: Micrograph) -> Reader:
    return lambda: pictures_of(micrograph)


def _common_table(masks: Sequence[Path]) -> ClassTable | None:
    """The class table beside the masks; None if there is none."""
    tables = {mask: read_class_table(mask) if class_table_path(mask).is_file() else None for mask in masks}
    first, table = next(iter(tables.items()))
    for mask, other in tables.items():
        if (other and other.values) != (table and table.values):
            raise MicrographError(
                f"The class tables beside {first} and {mask} differ, or one is missing. Give them as two sets."
            )
    return table


def _labelled_reader(image: Path, mask: Path, table: ClassTable | None, instances: bool) -> Reader:
    def read() -> list[Picture]:
        micrograph, labels = read_micrograph(image), read_labels(mask)
        if labels.shape[-2:] != micrograph.size or labels.size != np.prod(micrograph.mask_shape):
            raise MicrographError(f"{mask} has shape {labels.shape}, {image} {micrograph.mask_shape}.")
        classes = (labels > 0).astype(np.uint8) if instances else _indices(mask, labels, table)
        slices = classes.reshape(-1, *micrograph.size)[:, specimen_rows(micrograph)]
        return [
            Picture(one.pixels, one.mean, one.spread, torch.from_numpy(slices[i]))
            for i, one in enumerate(pictures_of(micrograph))
        ]

    return read


def _indices(path: Path, labels: npt.NDArray[np.integer], table: ClassTable | None) -> npt.NDArray[np.uint8]:
    """Class indices of a mask's values, ``IGNORED`` for what is none."""
    indices = table.to_indices(labels) if table else labels
    is_class = (indices != UNLABELLED) & (indices != IGNORED)
    most = int(indices.max(where=is_class, initial=0))
    if most >= MOST_CLASSES:
        raise LabelError(f"{path} has values up to {most}: these are objects, not classes. Add --instances.")
    return np.where(is_class, indices, IGNORED).astype(np.uint8)


def pictures_of(micrograph: Micrograph) -> list[Picture]:
    """The slices of a micrograph without its databar, in bytes. Raises MicrographError if it is too small."""
    rows = specimen_rows(micrograph)
    h, w = len(range(micrograph.size[0])[rows]), micrograph.size[1]
    if min(h, w) < SMALLEST_SIDE:
        raise MicrographError(f"{micrograph.name} has {h} × {w} pixels; {SMALLEST_SIDE} × {SMALLEST_SIDE} are needed.")
    return [_slice(micrograph, i, rows) for i in range(micrograph.slice_count)]


def specimen_rows(micrograph: Micrograph) -> slice:
    """Rows that show the specimen: all but those of the databar."""
    databar = databar_rows(micrograph)
    if databar is None:
        return slice(None)
    return slice(databar.stop, None) if databar.start == 0 else slice(databar.start)


def _slice(micrograph: Micrograph, i: int, rows: slice) -> Picture:
    pixels = match_channels(micrograph.crop(i, rows, slice(None)), 1, micrograph.name)
    limits = Normalisation().fit(micrograph, i).for_channels(1)
    low, high, mean, spread = (float(values.mean()) for values in (limits.low, limits.high, limits.mean, limits.spread))
    width = (high - low) or 1.0
    inside = np.clip(np.where(np.isfinite(pixels), pixels, mean), low, high)[..., 0]
    grey = np.round((inside - low) * (255 / width)).astype(np.uint8)
    return Picture(torch.from_numpy(grey), 255 * (mean - low) / width, max(1e-3, 255 * spread / width))


def _classes_in(picture: Picture) -> int:
    labelled = picture.mask[picture.mask != IGNORED] if picture.mask is not None else torch.empty(0)
    return int(labelled.max()) + 1 if labelled.numel() else 0


def _patch(picture: Picture, side: int, random: StepRandom) -> tuple[Tensor, Tensor]:
    """One random square of a picture, resized to ``side``."""
    h, w = picture.pixels.shape
    scale = float(np.exp(random.numbers.uniform(*np.log(SCALES))))
    source = min(h, w, max(SMALLEST_SIDE, round(side / scale)))
    top, left = (int(random.numbers.integers(length - source + 1)) for length in (h, w))
    square = (slice(top, top + source), slice(left, left + source))
    return _image_patch(picture, square, side, random.device), _mask_patch(picture.mask, square, side, random.device)


def _image_patch(picture: Picture, square: Square, side: int, device: torch.device) -> Tensor:
    image = picture.pixels[square].to(device, torch.float32)[None, None]
    image = (image - picture.mean) / picture.spread
    if image.shape[-1] != side:
        image = functional.interpolate(image, (side, side), mode="bilinear", antialias=image.shape[-1] > side)
    return image[0]


def _mask_patch(mask: Tensor | None, square: Square, side: int, device: torch.device) -> Tensor:
    if mask is None:
        return torch.full((side, side), UNLABELLED, device=device)
    values = mask[square].to(device, torch.float32)[None, None]
    resized = functional.interpolate(values, (side, side), mode="nearest-exact")[0, 0].long()
    return resized.masked_fill(resized == IGNORED, UNLABELLED)
