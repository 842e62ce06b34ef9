"""What many tests need: a small micrograph with exact labels, the real micrographs if there are any, fixed threads."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable, Micrograph, PixelSize
from napari_csunet.threads import share_the_processor

share_the_processor()

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Top folder of the source tree."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared_micrographs() -> Path:
    """Folder of real micrographs next to the checkout; tests that need it are skipped elsewhere."""
    folder = CHECKOUT.parent / "shared" / "micrographs"
    if not folder.is_dir():
        pytest.skip("the real micrographs are not on this machine")
    return folder


@pytest.fixture
def classes() -> ClassTable:
    return ClassTable.from_names({1: "matrix", 2: "particle"})


@pytest.fixture
def mask() -> npt.NDArray[np.uint8]:
    """Mask (64, 96) of four round particles (2) in a matrix (1)."""
    y, x = np.mgrid[:64, :96]
    inside = [(y - row) ** 2 + (x - column) ** 2 < radius**2 for row, column, radius in _PARTICLES]
    return np.where(np.any(inside, axis=0), 2, 1).astype(np.uint8)


@pytest.fixture
def micrograph(mask: npt.NDArray[np.uint8]) -> Micrograph:
    """Noisy picture (64, 96, uint16) of ``mask``: particles are brighter than the matrix. 12.5 nm/px."""
    noise = np.random.default_rng(0).normal(0, 1500, mask.shape)
    pixels = np.where(mask == 2, 42000, 25000) + noise
    return Micrograph.from_array(pixels.astype(np.uint16), "particles", PixelSize(12.5, 12.5))


@pytest.fixture
def strokes(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Sparse labels: two rows of ``mask`` are painted, the rest is 0, unlabelled."""
    painted = np.zeros_like(mask)
    painted[[16, 48]] = mask[[16, 48]]
    return painted


@pytest.fixture
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the preset's width and no weights, for tests that are about training and not about the network."""
    from napari_csunet.model import zoo
    from napari_csunet.training import starting_point

    tiny = {"cnn_encoder": "mobilenet_v2", "embedding": 8, "depths": (1, 1, 1, 1), "heads": (1, 2, 2, 4), "window": 4}
    tiny["detail"] = True
    monkeypatch.setitem(zoo.PRESETS, "small", tiny)
    monkeypatch.setattr(starting_point, "bundled_path", lambda: CHECKOUT / "there is no such file")


@pytest.fixture(autouse=True, scope="session")
def _libraries_are_no_garbage() -> Iterator[None]:
    """Napari's fixture collects garbage after each viewer; among all that the libraries bring along that takes long."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="session")
def _fixed_torch_threads() -> Iterator[None]:
    """One thread everywhere: sums depend on how work is split, and tiny tensors gain nothing from more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


_PARTICLES = ((16, 20, 9), (44, 34, 7), (22, 66, 12), (50, 80, 8))


@pytest.fixture
def trickling_micronet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mirror of MicroNet that never gets to the end of a file; gives the empty cache folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Trickling) as http:
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setenv("NAPARI_CSUNET_MICRONET_URL", f"http://127.0.0.1:{http.server_port}/")
        monkeypatch.setenv("NAPARI_CSUNET_CACHE", str(tmp_path / "cache"))
        yield tmp_path / "cache"
        http.shutdown()


class _Trickling(BaseHTTPRequestHandler):
    """Sends 64 KiB every hundredth of a second until nobody listens."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(2**34))
        self.end_headers()
        with suppress(OSError):
            while True:
                self.wfile.write(bytes(2**16))
                time.sleep(0.01)

    def log_message(self, *_: object) -> None: ...
