"""Encoder weights by name: what there is, where it comes from, and fetching it into a local cache. Knows no torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from napari_csunet.errors import WeightsError

CHOICES: dict[str, str] = {
    "none": "Train from scratch: needs no download",
    "imagenet": "Photographs (ImageNet): downloaded once",
    "micronet": "Micrographs (NASA MicroNet): downloaded once",
    "imagenet-micronet": "Photographs, then micrographs (NASA MicroNet): downloaded once",
}
"""Names that ``--encoder-weights`` takes beside a path, each with one line for the user."""

MICRONET_URL = "https://nasa-public-data.s3.amazonaws.com/plum_data/microscopy_segmentation_models/"
_MICRONET_SOURCE = {"micronet": "microscopynet", "imagenet-micronet": "imagenet-microscopynet"}
_MICRONET_STORED_AS = {"resnext101_32x8d": "resnext101"}


def cache_folder() -> Path:
    """Where downloaded weights are kept; a file put there by hand under its own name is used as it is."""
    from platformdirs import user_cache_path

    return user_cache_path("napari-csunet", appauthor=False)


def micronet_file_name(encoder: str, name: str) -> str:
    """File name under which NASA publishes the weights of an smp encoder (Stuckner, Harder, Smith 2022)."""
    version = "v1.1" if encoder == "resnet50" else "v1.0"
    return f"{_MICRONET_STORED_AS.get(encoder, encoder)}_pretrained_{_MICRONET_SOURCE[name]}_{version}.pth.tar"


def fetch_micronet(encoder: str, name: str, url: str = MICRONET_URL) -> Path:
    """Path of the cached weights, downloaded if need be. Raises WeightsError that says how to fetch them by hand."""
    import pooch
    from requests import RequestException

    file_name, folder = micronet_file_name(encoder, name), cache_folder()
    try:
        return Path(pooch.retrieve(url + file_name, known_hash=None, fname=file_name, path=folder, progressbar=True))
    except (RequestException, OSError, ValueError) as error:
        raise WeightsError(
            f"The {name} weights of {encoder} could not be fetched ({type(error).__name__}). Download {url}{file_name} "
            f"elsewhere and put it into {folder}, or start from none."
        ) from error


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
