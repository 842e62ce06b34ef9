"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist already.")]
Classes = Annotated[
    str | None,
    typer.Option("--classes", help='Value and name of each class: "0=matrix,1=secondary". All above 0 if not given.'),
]
Several = "files, folders or quoted globs"
