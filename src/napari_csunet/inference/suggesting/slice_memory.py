"""What was seen of many slices: coarse cells of all of them, every feature of those that are painted on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_csunet.inference.instant_reports import LabelledMicrograph
from napari_csunet.inference.pixel_features import PixelFeatures, SliceLook, feature_network
from napari_csunet.inference.suggesting.slice_cells import cells_of
from napari_csunet.inference.suggesting.slice_regions import SliceRegions, regions_of
from napari_csunet.micrographs.databar import databar_rows

Key = tuple[Any, int]


@dataclass(frozen=True, eq=False)
class SeenSlice:
    """What is remembered of one. ``pixels`` are kept alive, so that their id stays their own."""

    pixels: Any
    regions: SliceRegions
    databar: slice | None
    features: PixelFeatures | None


class SliceMemory:
    """Looks at each slice once, and once more when somebody has painted on it. For one thread at a time."""

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._seen: dict[Key, SeenSlice] = {}

    def has(self, one: LabelledMicrograph, slice_index: int, *, in_full: bool) -> bool:
        """Whether it was looked at, and every feature is kept if that is wanted."""
        seen = self._seen.get(key_of(one, slice_index))
        return seen is not None and (seen.features is not None or not in_full)

    def has_key(self, key: Key) -> bool:
        """Whether the slice was looked at."""
        return key in self._seen

    def seen(self, key: Key) -> SeenSlice:
        """Of a slice that was looked at."""
        return self._seen[key]

    def look(self, one: LabelledMicrograph, slice_index: int, *, in_full: bool) -> Iterator[None]:
        """A step after each tile."""
        micrograph = one.read()
        look = SliceLook(micrograph, slice_index, feature_network(self._device))
        while (features := look.step()) is None:
            yield
        self._seen[key_of(one, slice_index)] = SeenSlice(
            one.pixels,
            regions_of(cells_of(features, micrograph.size)),
            databar_rows(micrograph),
            features if in_full else None,
        )
        yield

    def forget_all_but(self, kept: Collection[Key]) -> None:
        """Drops what is of micrographs that are gone."""
        self._seen = {key: seen for key, seen in self._seen.items() if key in kept}


def key_of(one: LabelledMicrograph, slice_index: int) -> Key:
    """Files are known by their path, layers by the array that they hold."""
    return one.pixels if isinstance(one.pixels, Path) else id(one.pixels), slice_index
