"""Where the sample micrographs are, in a checkout and in an installed package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from napari_csunet.classes import ClassTable
from napari_csunet.errors import MicrographError

SAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "superalloy": "Synthetic superalloy: matrix, secondary and tertiary precipitates, 24 nm per pixel",
        "particles": "Synthetic particles on a substrate, 50 nm per pixel",
    }
)
"""What each sample shows."""


_CLASSES: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "superalloy": {1: "matrix", 2: "secondary", 3: "tertiary"},
        "particles": {1: "background", 2: "particle"},
    }
)


def sample_classes(name: str) -> ClassTable:
    """Classes of a sample's masks and strokes."""
    return ClassTable.from_names(dict(_CLASSES[name]))


def sample_folder(name: str) -> Path:
    """Folder with ``images``, ``masks`` and ``strokes``; raises MicrographError if the sample is unknown or absent."""
    if name not in SAMPLES:
        raise MicrographError(f"There is no sample called {name!r}. Choose one of {', '.join(SAMPLES)}.")
    package = Path(__file__).parent
    places = (package / "sample_data" / name, package.parents[1] / "sample_data" / name)
    for place in places:
        if (place / "images").is_dir():
            return place
    raise MicrographError(
        f"The sample micrographs {name!r} are missing; they should be in {places[0]}. Install napari-csunet again."
    )


def sample_files(name: str) -> list[tuple[Path, Path, Path | None]]:
    """Micrograph, exact mask and, where there are some, strokes, in the order of their names."""
    folder = sample_folder(name)
    images = sorted((folder / "images").glob("*.tif"))
    return [(image, folder / "masks" / image.name, _if_there(folder / "strokes" / image.name)) for image in images]


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
