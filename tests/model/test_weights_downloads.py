"""Downloads, from servers on 127.0.0.1: cached, watched, stopped, impossible."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import timm
from safetensors.torch import save_file

from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import WeightsError
from napari_csunet.model.downloads import CHUNK, DownloadStoppedError, Watch, fetch_file, following
from napari_csunet.model.imagenet import HubFile, fetch_from_hub
from napari_csunet.model.micronet import fetch_micronet, micronet_file_name
from napari_csunet.model.timm_weights import fetch_timm
from napari_csunet.model.weight_loading import fetch_encoder_weights, load_encoder_weights
from napari_csunet.model.weights import file_sha256
from napari_csunet.model.zoo import build_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILE = HubFile("smp-hub/resnet18.imagenet", COMMIT)
CONTENT = bytes(8 * CHUNK)
UNET = ModelConfig(architecture="unet", cnn_encoder="tu-test_efficientnet")


class Handler(SimpleHTTPRequestHandler):
    """Serves files with what the hub's client wants to know of them."""

    def log_message(self, *_: object) -> None: ...

    def end_headers(self) -> None:
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", '"some-content"')
        super().end_headers()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Address under which the files of ``tmp_path/remote`` are served."""
    (tmp_path / "remote").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "remote"))) as http:
        threading.Thread(target=partial(http.serve_forever, poll_interval=0.01), daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of this test, of the hub's client too."""
    monkeypatch.setenv("NAPARI_CSUNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_XET_CACHE", str(tmp_path / "xet"))
    return tmp_path / "cache"


def watching(seen: list[tuple[int, int]], stop_at: int = 10**9) -> Watch:
    """Remembers what it is told, and stops at a number of bytes."""
    stop = threading.Event()

    def tell(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= stop_at:
            stop.set()

    return Watch(tell, stop)


def use_hub_at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment variable HF_ENDPOINT does, which the hub's client reads when it is imported."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


def test_a_file_is_fetched_once_and_then_used_without_a_server(server: str, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "remote" / "weights.pth").write_bytes(CONTENT)
    seen: list[tuple[int, int]] = []
    path = fetch_file(server + "weights.pth", cache, "weights.pth", watching(seen))
    assert path.read_bytes() == CONTENT
    assert seen[0] == (CHUNK, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert fetch_file("http://127.0.0.1:9/weights.pth", cache, "weights.pth") == path


def test_a_stopped_download_leaves_nothing(server: str, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "remote" / "weights.pth").write_bytes(CONTENT)
    with pytest.raises(DownloadStoppedError):
        fetch_file(server + "weights.pth", cache, "weights.pth", watching([], stop_at=3 * CHUNK))
    assert list(cache.iterdir()) == []


def test_a_download_can_be_followed_and_closed(server: str, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "remote" / "weights.pth").write_bytes(CONTENT)
    may_go_on = threading.Event()

    def slow(watch: Watch) -> Path:
        seen = Watch(lambda done, total: (watch.tell(done, total), may_go_on.wait(5)), watch.stop)
        return fetch_file(server + "weights.pth", cache, "weights.pth", seen)

    download = following(slow)
    reports = [next(download), next(download)]
    threading.Timer(0.1, may_go_on.set).start()
    download.close()
    assert reports[-1].done == CHUNK
    assert reports[-1].total == len(CONTENT)
    assert list(cache.iterdir()) == []


def test_following_returns_what_the_work_returns() -> None:
    download = following(lambda _: "a result")
    with pytest.raises(StopIteration) as end:
        next(download)
    assert end.value.value == "a result"


def test_micronet_comes_from_a_mirror_if_one_is_named(
    server: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAPARI_CSUNET_MICRONET_URL", server)
    (tmp_path / "remote" / micronet_file_name("dpn68", "micronet")).write_bytes(b"weights")
    assert fetch_micronet("dpn68", "micronet", watching([])) == cache / micronet_file_name("dpn68", "micronet")


@pytest.mark.usefixtures("cache")
def test_imagenet_weights_are_fetched_through_the_hubs_client_and_then_used_offline(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = tmp_path / "remote" / "smp-hub" / "resnet18.imagenet" / "resolve" / COMMIT
    remote.mkdir(parents=True)
    (remote / "model.safetensors").write_bytes(CONTENT)
    use_hub_at(server.rstrip("/"), monkeypatch)
    seen: list[tuple[int, int]] = []
    path = fetch_from_hub(FILE, watching(seen))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    use_hub_at("http://127.0.0.1:9", monkeypatch)
    assert fetch_from_hub(FILE) == path


def test_imagenet_weights_put_into_the_cache_folder_by_hand_are_used(cache: Path) -> None:
    cache.mkdir()
    (cache / "resnet18.imagenet.safetensors").write_bytes(b"by hand")
    assert fetch_from_hub(FILE) == cache / "resnet18.imagenet.safetensors"


@pytest.mark.parametrize("fetch", [lambda: fetch_micronet("resnet50", "micronet"), lambda: fetch_from_hub(FILE)])
def test_an_unreachable_host_says_where_to_put_the_file(
    fetch: Callable[[], Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAPARI_CSUNET_MICRONET_URL", "http://127.0.0.1:9")
    use_hub_at("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(WeightsError) as told:
        fetch()
    assert "http://127.0.0.1:9/" in str(told.value)
    assert f"put it into {cache} as resnet" in str(told.value)
    assert "start from bundled" in str(told.value)


def test_a_file_that_the_server_lacks_is_told_by_its_answer(server: str, cache: Path) -> None:
    with pytest.raises(WeightsError, match="the server answered 404"):
        fetch_file(server + "absent.pth", cache, "absent.pth")
    assert list(cache.iterdir()) == []


def test_a_cache_folder_that_cannot_be_written_is_named(server: str, tmp_path: Path) -> None:
    (tmp_path / "remote" / "weights.pth").write_bytes(CONTENT)
    (tmp_path / "occupied").write_text("a file, not a folder")
    with pytest.raises(WeightsError, match=r"cannot be kept in .*occupied.*NAPARI_CSUNET_CACHE"):
        fetch_file(server + "weights.pth", tmp_path / "occupied", "weights.pth")


def serve_timm_weights(remote: Path) -> None:
    """Whole weights of timm's smallest network, with their classifier, where the hub has them."""
    folder = remote / "timm" / "test_efficientnet.r160_in1k" / "resolve" / "main"
    folder.mkdir(parents=True)
    save_file(timm.create_model("test_efficientnet").state_dict(), folder / "model.safetensors")


@pytest.mark.usefixtures("cache")
def test_weights_of_a_timm_encoder_are_fetched_watched_and_then_loaded_offline(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_timm_weights(tmp_path / "remote")
    use_hub_at(server.rstrip("/"), monkeypatch)
    training = TrainingConfig(encoder_weights="imagenet")
    seen: list[tuple[int, int]] = []
    fetch_encoder_weights(UNET, training, watching(seen))
    assert seen[-1][0] == seen[-1][1] > 300_000
    use_hub_at("http://127.0.0.1:9", monkeypatch)
    report = load_encoder_weights(build_model(UNET), UNET, training)[0]
    assert (report.encoder, report.matched_share, report.missing) == ("cnn", 1, ())
    assert report.sha256 == file_sha256(next((tmp_path / "remote").rglob("*.safetensors")))


def test_a_timm_download_can_be_stopped(
    server: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_timm_weights(tmp_path / "remote")
    use_hub_at(server.rstrip("/"), monkeypatch)
    watch = watching([])
    watch.stop.set()
    with pytest.raises(DownloadStoppedError):
        fetch_encoder_weights(UNET, TrainingConfig(encoder_weights="imagenet"), watch)
    assert not cache.exists()
    assert not list((tmp_path / "hub").rglob("*.safetensors"))


def test_a_timm_file_of_another_network_is_refused(cache: Path) -> None:
    cache.mkdir()
    save_file(timm.create_model("test_resnet").state_dict(), cache / "test_efficientnet.r160_in1k.safetensors")
    with pytest.raises(WeightsError, match="imagenet weights of tu-test_efficientnet are for another network"):
        load_encoder_weights(build_model(UNET), UNET, TrainingConfig(encoder_weights="imagenet"))


def test_what_a_timm_file_lacks_is_not_taken_for_loaded(cache: Path) -> None:
    cache.mkdir()
    whole = timm.create_model("test_efficientnet").state_dict()
    some = {name: tensor for name, tensor in whole.items() if not name.startswith("blocks.3.")}
    save_file(some, cache / "test_efficientnet.r160_in1k.safetensors")
    with pytest.raises(WeightsError, match=r"imagenet fit only \d\d% of the cnn parameters.*missing.*blocks\.3\."):
        load_encoder_weights(build_model(UNET), UNET, TrainingConfig(encoder_weights="imagenet"))


@pytest.mark.parametrize("encoder", ["tu-efficientnet_b8", "tu-resnet18.nonsense", "tu-nonsense"])
def test_a_timm_encoder_without_published_weights_is_told(encoder: str) -> None:
    with pytest.raises(WeightsError, match=f"no imagenet weights of {encoder}"):
        fetch_timm(encoder)


def test_a_hub_cache_that_cannot_be_written_is_named(
    server: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_timm_weights(tmp_path / "remote")
    use_hub_at(server.rstrip("/"), monkeypatch)
    cache.write_text("a file, not a folder")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache / "hub"))
    with pytest.raises(WeightsError, match=r"cannot be kept in .*hub \(Not a directory\).*HF_HOME"):
        fetch_timm(UNET.cnn_encoder)
