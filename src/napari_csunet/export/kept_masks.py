"""Masks of an earlier export that somebody has painted on since: no later export replaces them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_csunet.errors import CSUNetError
from napari_csunet.export import manifest
from napari_csunet.export.layout import Layout
from napari_csunet.export.results import Result
from napari_csunet.micrographs.reading import read_labels


def kept_masks(results: Sequence[Result], folder: Path, layout: Layout) -> dict[str, str]:
    """Names of the results whose mask files were changed after their export and hold something else, and those files.

    Files that hold what would be written now are written, which changes no pixel of them.
    """
    names = {result.name: (layout.mask(result), result) for result in results}
    return {
        name: file
        for name, (file, result) in names.items()
        if manifest.is_changed(folder, file) and not _holds(folder / file, result)
    }


def with_word_on_kept(results: Sequence[Result], folder: Path, kept: Mapping[str, str]) -> list[Result]:
    """The results, each with a notice if its mask will not be written."""
    return [
        replace(result, notices=(*result.notices, _notice(folder / kept[result.name])))
        if result.name in kept
        else result
        for result in results
    ]


def _notice(path: Path) -> str:
    return (
        f"{path} was changed by hand after it was exported and stays as it is; the numbers are of the mask that was "
        "given. To replace it, delete it and export again."
    )


def _holds(path: Path, result: Result) -> bool:
    try:
        return not path.is_dir() and bool(np.array_equal(read_labels(path), result.mask))
    except CSUNetError:
        return False
