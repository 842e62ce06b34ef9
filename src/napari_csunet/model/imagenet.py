"""ImageNet weights from the model hub, as segmentation-models-pytorch and timm publish them there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_csunet.errors import WeightsError
from napari_csunet.model.downloads import TIMEOUT_S, Watch, not_fetched, not_kept
from napari_csunet.model.weights import cache_folder

FILE_NAME = "model.safetensors"
SWIN_EMBEDDING = 96
_FIVE_K = ("dpn68b", "dpn92", "dpn107")


@dataclass(frozen=True)
class HubFile:
    """A file of weights on the hub; ``revision`` is a commit, or None for the newest."""

    repository: str
    revision: str | None = None

    @property
    def name_by_hand(self) -> str:
        """What the file is called if a user puts it into the cache folder."""
        return f"{self.repository.rpartition('/')[2]}.safetensors"

    @property
    def url(self) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(self.repository, FILE_NAME, revision=self.revision)

    def cached(self) -> Path | None:
        """The file put into the cache folder by hand, or what the hub's client has downloaded of any revision."""
        from huggingface_hub import constants

        snapshots = Path(constants.HF_HUB_CACHE, f"models--{self.repository.replace('/', '--')}", "snapshots")
        downloaded = sorted(snapshots.glob(f"{self.revision or '*'}/{FILE_NAME}"))
        places = (cache_folder() / self.name_by_hand, *downloaded)
        return next((path for path in places if path.is_file()), None)


SWIN = HubFile("timm/swin_tiny_patch4_window7_224.ms_in1k")


def cnn_repository(encoder: str) -> str:
    """Where smp publishes the ImageNet weights of an encoder that MicroNet has too."""
    return f"smp-hub/{encoder}.imagenet{'-5k' if encoder in _FIVE_K else ''}"


def cnn_file(encoder: str) -> HubFile:
    """The file that the installed smp takes for an encoder. Raises WeightsError if there is none."""
    from segmentation_models_pytorch.encoders import encoders

    published: dict[str, Any] = encoders.get(encoder, {}).get("pretrained_settings", {})
    settings = published.get("imagenet") or published.get("imagenet+5k")
    if settings is None:
        raise WeightsError(
            f"There are no imagenet weights of {encoder}. Choose another CNN encoder, or start from none."
        )
    return HubFile(settings["repo_id"], settings["revision"])


def fetch_from_hub(file: HubFile, watch: Watch | None = None) -> Path:
    """Path of the cached file, downloaded if need be. Raises WeightsError with the URL and the folder to put it in."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of whichever httpx the client has
    from requests import RequestException

    cached = file.cached()
    if cached is not None:
        return cached
    try:
        _check_reachable(file.url)
        bar = _bar_for(watch) if watch else None
        return Path(hf_hub_download(file.repository, FILE_NAME, revision=file.revision, tqdm_class=bar))
    except (RequestException, HTTPError, OSError, ValueError) as error:
        raise _failed(file, error) from error


def _failed(file: HubFile, error: Exception) -> WeightsError:
    """What to do when the file did not come, or could not be kept: only for the latter the system gives a number."""
    from huggingface_hub import constants

    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
        return not_kept(file.name_by_hand, Path(constants.HF_HUB_CACHE), "HF_HOME", error)
    return not_fetched(file.url, cache_folder(), file.name_by_hand, error)


def _check_reachable(url: str) -> None:
    """Fails at once where the hub's client would try for half a minute and fill the terminal."""
    import requests

    requests.head(url, timeout=TIMEOUT_S, allow_redirects=False).raise_for_status()


def _bar_for(watch: Watch) -> Any:
    """What the hub's client takes for a progress bar."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs | {"disable": True})

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            watch.check(int(self.n), int(self.total or 0))

    return Bar
