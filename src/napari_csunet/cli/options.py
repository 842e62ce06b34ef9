"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from napari_csunet.config import TrainingConfig

Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist already.")]
Classes = Annotated[
    str | None,
    typer.Option("--classes", help='Value and name of each class: "0=matrix,1=secondary". All above 0 if not given.'),
]
AcceptPartial = Annotated[
    bool,
    typer.Option("--accept-partial-weights", help=TrainingConfig.model_fields["accept_partial_weights"].description),
]
Several = "files, folders or quoted globs"
Reading = Literal["found", "classes", "objects"]
"""What the values of masks without a class table are; "found": the program looks."""
