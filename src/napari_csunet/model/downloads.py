"""Fetching a file once into a folder: watched, stoppable, and never half there."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar

from napari_csunet.errors import WeightsError
from napari_csunet.model.weights import CACHE_VARIABLE
from napari_csunet.reports import Progress

CHUNK = 1 << 16
TIMEOUT_S = 20.0
REPORT_EVERY_S = 0.1

Result = TypeVar("Result")


class DownloadStoppedError(WeightsError):
    """The user stopped a download; nothing of it was kept."""


@dataclass(frozen=True)
class Watch:
    """Follows a download: ``tell`` gets the bytes that are done and the total (0 if unknown), ``stop`` ends it."""

    tell: Callable[[int, int], object]
    stop: Event

    def check(self, done: int, total: int) -> None:
        """Called with every piece that arrives. Raises DownloadStoppedError once ``stop`` is set."""
        if self.stop.is_set():
            raise DownloadStoppedError("The download was stopped. Nothing of it was kept.")
        self.tell(done, total)


def fetch_file(url: str, folder: Path, file_name: str, watch: Watch | None = None) -> Path:
    """Path of the file in the folder, downloaded if it is not there; without a watch a bar on stderr shows how far.

    Raises WeightsError with the URL and the folder to put the file in by hand.
    """
    import pooch
    from requests import RequestException

    bar = _Meter(watch) if watch else sys.stderr is not None
    downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK, timeout=TIMEOUT_S)
    try:
        with quiet(pooch.get_logger()):
            return Path(pooch.retrieve(url, None, fname=file_name, path=folder, downloader=downloader))
    except (RequestException, ValueError) as error:
        raise not_fetched(url, folder, file_name, error) from error
    except OSError as error:
        raise not_kept(file_name, folder, CACHE_VARIABLE, error) from error


def not_kept(file_name: str, folder: Path, variable: str, error: OSError) -> WeightsError:
    """What to do when a folder cannot be written; the environment variable names another one."""
    return WeightsError(
        f"{file_name} cannot be kept in {folder} ({error.strerror or error}). Make this folder writable, or name "
        f"another in the environment variable {variable}."
    )


def not_fetched(url: str, folder: Path, file_name: str, error: Exception) -> WeightsError:
    """What to do when a download failed, in one sentence and a half."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    reason = f"the server answered {status}" if status else type(error).__name__
    return WeightsError(
        f"{url} could not be fetched ({reason}). Download it elsewhere and put it into {folder} as {file_name}, "
        "or start from bundled."
    )


def following(work: Callable[[Watch], Result]) -> Generator[Progress, None, Result]:
    """Runs ``work`` in a thread and yields how far its download is, in bytes; returns its result.

    Nothing is yielded where no download was needed. Closing the generator stops the download.
    """
    start, seen, stop = time.monotonic(), deque([(0, 0)], maxlen=1), Event()
    watch = Watch(lambda done, total: seen.append((done, total)), stop)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, watch)
        try:
            while not wait([future], REPORT_EVERY_S).done:
                if seen[-1] == (0, 0):
                    continue  # still importing, or looking into the cache
                yield _progress(*seen[-1], time.monotonic() - start)
        finally:
            stop.set()
        return future.result()


def _progress(done: int, total: int, elapsed_s: float) -> Progress:
    remaining_s = elapsed_s * (total - done) / done if done and total else float("inf")
    return Progress(done, total, elapsed_s, remaining_s)


class _Meter:
    """What pooch takes for a progress bar."""

    def __init__(self, watch: Watch) -> None:
        self.total = 0
        self._done = 0
        self._watch = watch

    def update(self, size: int) -> None:
        self._done = min(self._done + size, self.total or sys.maxsize)
        self._watch.check(self._done, self.total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def quiet(logger: logging.Logger, level: int = logging.WARNING) -> Iterator[None]:
    """Without what a library logs below a level: advice for programmers."""
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
