"""Reading arguments: options that take several values, micrographs with their labels, settings."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import typer
from pydantic import BaseModel, ValidationError

from napari_csunet.classes import ClassTable
from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.pairing import find_files, pair_by_stem
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.micrographs.replacing import check_writable

SEVERAL_VALUES = frozenset(
    {
        *("--labels", "--validation", "--validation-labels", "--images", "--unlabelled", "--labelled"),
        *("--particles", "--layers", "--split", "--smooth", "--fill-holes", "--smallest", "--largest-only"),
    }
)

Config = TypeVar("Config", bound=BaseModel)


def with_repeated_options(arguments: Sequence[str]) -> list[str]:
    """``--labels a b`` as ``--labels a --labels b``, which is what click understands."""
    spread: list[str] = []
    option = ""
    is_first = False
    for argument in arguments:
        if argument.startswith("-") and argument != "-":
            option, is_first = (argument, True) if argument in SEVERAL_VALUES else ("", False)
        elif option and not is_first:
            spread.append(option)
        else:
            is_first = False
        spread.append(argument)
    return spread


def has_separator(argument: str) -> bool:
    """Whether it is written like a place in the file system."""
    return any(separator in argument for separator in (os.sep, os.altsep) if separator)


def read_labelled(
    images: Sequence[str], labels: Sequence[str]
) -> tuple[list[Micrograph], list[npt.NDArray[np.integer[Any]]]]:
    """Micrographs and labels, paired by file stem, of equal size. What is odd about a micrograph goes to stderr."""
    micrographs, arrays = [], []
    for image, label in pair_by_stem(find_files(images), find_files(labels)):
        micrograph, array = read_micrograph(image), read_labels(label)
        if array.shape[-2:] != micrograph.size or array.size != np.prod(micrograph.mask_shape):
            raise MicrographError(
                f"{label} has shape {array.shape}, {image} {micrograph.mask_shape}. "
                "Labels must be as large as the micrograph."
            )
        for notice in micrograph.acquisition.notices if micrograph.acquisition else ():
            typer.echo(notice, err=True)
        micrographs.append(micrograph)
        arrays.append(array)
    return micrographs, arrays


def class_table(text: str | None, labels: Sequence[npt.NDArray[Any]], start_from: Path | None) -> ClassTable:
    """The classes as given, or those of the checkpoint to go on from, or every label value above 0."""
    if text is not None:
        return ClassTable.parse(text)
    if start_from is not None:
        from napari_csunet.checkpoint import read_provenance

        return read_provenance(start_from).classes
    return ClassTable.from_labels(labels)


def config_from(kind: type[Config], **settings: Any) -> Config:
    """Configuration from options; those that are None keep their default. A value out of range is wrong usage."""
    try:
        return kind(**{name: value for name, value in settings.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = "".join(f"--{str(part).replace('_', '-')}: " for part in first["loc"][:1])
        raise typer.BadParameter(f"{option}{first['msg']}") from error


def existing_folder_for(out: Path) -> Path:
    """The folder itself; MicrographError if a file has that name."""
    if out.is_file():
        raise MicrographError(f"{out} is a file. Name a folder for the results.")
    return out


def check_folder(folder: Path) -> None:
    """Makes the folder; raises OutputError now if nothing can be written there at the end of long work."""
    check_writable(folder / f"{secrets.token_hex(8)}.tif", overwrite=False)
