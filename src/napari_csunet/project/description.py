"""What ``project.json`` holds, and reading it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError, first_message
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.reports import ModelFile

FORMAT = 1
"""Raised when older programs would misread what is written now."""
PROJECT_FILE = "project.json"

Role = Literal["train", "validation", "unused"]
_NEWER = ("predicted", "model", "pixel_size")
_FROZEN = ConfigDict(frozen=True, extra="forbid")


class ProjectError(CSUNetError):
    """A folder is not a project, cannot become one, or another window has it open."""


class Stamp(BaseModel):
    """By which a picture file is recognised: length, time of change (ns), and SHA-256 of both its ends once known."""

    model_config = _FROZEN

    length: int
    modified: int
    digest: str | None = None


class Entry(BaseModel):
    """One micrograph of a project.

    ``key`` names its files and layers and is unique, in large letters or small. ``path`` is relative to the project,
    or absolute. ``pixels`` and ``painted`` (pixels of each label value) are those of its labels as last written.
    ``predicted`` is the checksum of its mask as a network made it; a file with another one has been corrected since.
    ``pixel_size`` was given by hand, and is another one than the file states.
    """

    model_config = _FROZEN

    key: str = Field(min_length=1, pattern=r"^[^/\\]+$")
    path: str = Field(min_length=1)
    role: Role = "train"
    stamp: Stamp | None = None
    pixels: int = Field(0, ge=0)
    painted: dict[int, int] = {}
    uncertainty: float | None = Field(None, description="Mean of the last prediction, 0 to 1.")
    predicted: int | None = None
    model: ModelFile | None = Field(None, description="What made its mask.")
    pixel_size: PixelSize | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_unknown(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Programs that do not know these refuse them; they can read projects that do without."""
        return _without_unset_newer(written(self))

    def labelled_share(self, classes: ClassTable) -> float:
        """Share of the pixels that a class claims, 0 to 1."""
        if not self.pixels:
            return 0.0
        unlabelled = self.pixels - sum(self.painted.values())
        counts = {0: unlabelled, **self.painted}
        return sum(counts.get(value, 0) for value in classes.values) / self.pixels


class View(BaseModel):
    """What was on screen: micrograph, camera, place in a stack, brush."""

    model_config = _FROZEN

    shown: str
    centre: tuple[float, float, float]
    zoom: float = Field(gt=0)
    angles: tuple[float, float, float]
    point: tuple[float, ...] = ()
    brush_size: float = Field(10, gt=0)
    label_value: int = Field(1, ge=0)
    mode: str = "paint"


class Description(BaseModel):
    """Everything in ``project.json``; ``source`` is the folder in which the micrographs are looked for.

    ``pixel_size`` was given by hand to all that were open; those opened later get it if their files state none.
    """

    model_config = _FROZEN

    format: int = FORMAT
    source: str
    classes: ClassTable
    micrographs: tuple[Entry, ...] = ()
    settings: dict[str, JsonValue] = {}
    view: View | None = None
    pixel_size: PixelSize | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_unset(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As that of an entry."""
        return _without_unset_newer(written(self))

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Description:
        keys = [entry.key.casefold() for entry in self.micrographs]
        if len(set(keys)) < len(keys):
            raise ValueError(f"the name {next(key for key in keys if keys.count(key) > 1)!r} is used twice")
        return self

    def to_json(self) -> str:
        return self.model_dump_json(indent=1) + "\n"


def _without_unset_newer(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in _NEWER or value is not None}


def read_description(folder: Path) -> Description:
    """Raises ProjectError if the folder is no project, or one of a newer version."""
    path = folder / PROJECT_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        _check_format(path, content)
        return Description.model_validate(content)
    except FileNotFoundError as error:
        raise ProjectError(f"{folder} is not a project: it holds no {PROJECT_FILE}. Choose another folder.") from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be opened ({error.strerror}). Check its permissions.") from error
    except ValueError as error:
        reason = first_message(error)
        raise ProjectError(f"{path} is damaged ({reason}). Mend it by hand, or restore it from a copy.") from error


def _check_format(path: Path, content: Any) -> None:
    made = content.get("format") if isinstance(content, dict) else None
    if not isinstance(made, int):
        raise ValueError("it states no format")
    if made > FORMAT:
        raise ProjectError(
            f"{path.parent} was written by a newer version of napari-csunet (format {made}, this one reads up to "
            f"{FORMAT}). Update napari-csunet to open it."
        )
