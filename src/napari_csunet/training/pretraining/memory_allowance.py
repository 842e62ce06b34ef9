"""How many bytes of micrographs may be held in memory."""

from __future__ import annotations

from napari_csunet.training.pretraining.processes import local_process_count

LIMIT = 4 * 2**30
"""For all pools of a run and all its processes on one computer, unless another limit is given."""


class MemoryAllowance:
    """Bytes that the pools which share it may still hold."""

    def __init__(self, limit: int | None = None) -> None:
        self._left = LIMIT // local_process_count() if limit is None else limit

    def grants(self, nbytes: int) -> bool:
        """Whether ``nbytes`` more may be held; they count from then on."""
        fits = nbytes <= self._left
        self._left -= nbytes * fits
        return fits
