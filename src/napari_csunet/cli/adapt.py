"""What ``napari-csunet predict --adapt`` does before it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.config import AdaptingConfig

if TYPE_CHECKING:
    from napari_csunet.checkpoint import Checkpoint

NAME = "adapted.csunet.safetensors"


def adapted_to_files(
    checkpoint: Checkpoint, paths: Sequence[Path], config: AdaptingConfig, folder: Path, *, overwrite: bool
) -> tuple[Checkpoint, str | None]:
    """The checkpoint that predicts, and where the adapted one was written; None if the original had to stay."""
    from napari_csunet.checkpoint import load_checkpoint
    from napari_csunet.micrographs.reading import read_micrograph
    from napari_csunet.training.adapting import adapt
    from napari_csunet.training.adapting.targets import MOST_SLICES

    places = np.unique(np.linspace(0, len(paths) - 1, min(len(paths), MOST_SLICES)).round().astype(int))
    micrographs = [read_micrograph(paths[place]) for place in places]
    reports = adapt(checkpoint, micrographs, config, out=folder / NAME, overwrite=overwrite)
    *_, last = with_progress_bar(reports, "Adapt")
    if last.checkpoint is None:
        (folder / NAME).unlink(missing_ok=True)  # one of an earlier run, which could be overwritten
        return checkpoint, None
    return load_checkpoint(last.checkpoint), str(last.checkpoint)
