"""What can go wrong in a way that the user can mend. The message says what happened, with names, and what to do."""

from __future__ import annotations

from pathlib import Path


class CSUNetError(Exception):
    """Anything that the window or the command line shows as one sentence instead of a traceback."""


class MicrographError(CSUNetError):
    """A micrograph or mask cannot be read, or two files that belong together do not fit."""


class LabelError(CSUNetError):
    """The labels do not allow what was asked, for example because only one class is painted."""


class CheckpointError(CSUNetError):
    """A file is not a checkpoint of this program, or its content does not fit the network."""


class WeightsError(CSUNetError):
    """Encoder weights are unknown, cannot be fetched, or do not fit the encoder."""


class DeviceError(CSUNetError):
    """The device asked for is absent, or its memory is exhausted at the smallest setting."""


class OutputError(CSUNetError):
    """A result cannot be written: the file exists already, the disk is full, or the folder is read-only."""


class ExistsError(OutputError):
    """A file that is there already would be replaced, and nobody has allowed it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already. Choose another name, or allow it to be overwritten.")
        self.path = path


def first_message(error: ValueError) -> str:
    """What the first complaint of a validation says, without pydantic's prefix."""
    errors = getattr(error, "errors", lambda: [{"msg": str(error)}])()
    return str(errors[0]["msg"]).removeprefix("Value error, ")
