"""The command ``napari-csunet``: thin, every subcommand calls the engine and prints what comes back."""

from __future__ import annotations

import sys
from typing import NoReturn

from napari_csunet.cli.arguments import with_repeated_options
from napari_csunet.errors import CSUNetError, ExistsError
from napari_csunet.threads import share_the_processor

FAILED = 1


def main() -> None:
    """Runs the command. Exit status 0: done, 1: a clear error on one line, 2: wrong usage, 130: Ctrl-C."""
    share_the_processor()
    from napari_csunet.cli.commands import app

    try:
        app(with_repeated_options(sys.argv[1:]))
    except ExistsError as error:
        _fail(f"{error.path} exists already. Choose another place, or replace what is there with --overwrite.")
    except CSUNetError as error:
        _fail(str(error))


def _fail(sentence: str) -> NoReturn:
    print(f"napari-csunet: {sentence}", file=sys.stderr)  # noqa: T201 - this is the command line
    sys.exit(FAILED)
