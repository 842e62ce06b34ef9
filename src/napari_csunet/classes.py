"""The class table: which label values are classes, what they are called and how they are coloured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

from napari_csunet.errors import LabelError, first_message

LARGEST_VALUE, MOST_CLASSES = 65535, 1000
UNLABELLED = -1
"""Class index of a pixel that no class claims; losses and metrics skip it."""
EXCLUDED = -2
"""In a training patch: nothing may be learnt from this pixel, not even as an unlabelled one."""

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#8a5a2b", "#7f3c8d", "#11a579")
"""Colours that colour-blind people tell apart and that stand out on grey (Okabe and Ito 2008, extended)."""


class MicrographClass(BaseModel):
    """One class: its value in masks and label layers, its name and its colour."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: int = Field(ge=0, le=LARGEST_VALUE)
    name: str = Field(min_length=1, max_length=60)
    colour: str = Field(pattern=r"^#[0-9a-f]{6}$")


class ClassTable(BaseModel):
    """The classes of a project in the order of their values.

    A value that is not in the table is unlabelled: it never trains or scores anything. 0 is a class only if listed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[MicrographClass, ...]

    @field_validator("classes")
    @classmethod
    def _sorted_and_unique(cls, classes: tuple[MicrographClass, ...]) -> tuple[MicrographClass, ...]:
        for what in ("value", "name"):
            entries = [getattr(c, what) for c in classes]
            twice = sorted({entry for entry in entries if entries.count(entry) > 1})
            if twice:
                raise ValueError(f"the class {what} {twice[0]!r} is used twice")
        return tuple(sorted(classes, key=lambda c: c.value))

    @classmethod
    def from_names(cls, names: dict[int, str]) -> ClassTable:
        """Table with colours from the palette, for example ``from_names({1: "matrix", 2: "pore"})``."""
        ordered = sorted(names.items())
        return cls(
            classes=tuple(
                MicrographClass(value=value, name=name, colour=PALETTE[i % len(PALETTE)])
                for i, (value, name) in enumerate(ordered)
            )
        )

    @classmethod
    def parse(cls, text: str) -> ClassTable:
        """Table from ``"0=matrix,1=secondary"``; raises LabelError that shows the entry it cannot read."""
        names: dict[int, str] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            value, equals, name = (part.strip() for part in entry.partition("="))
            if not (value.isdecimal() and equals and name):
                raise LabelError(f"Cannot read the class {entry!r}. Write value=name pairs, such as 0=matrix,1=pore.")
            if int(value) in names:
                raise LabelError(f"The class value {value} is given twice. Give each class a value of its own.")
            names[int(value)] = name
        if not names:
            raise LabelError("The class table is empty. Write value=name pairs, such as 0=matrix,1=pore.")
        try:
            return cls.from_names(names)
        except ValueError as error:
            raise LabelError(f"The class table {text!r} is not usable: {first_message(error)}.") from error

    @classmethod
    def from_labels(cls, labels: Iterable[npt.NDArray[np.integer]]) -> ClassTable:
        """Table of every value above 0 that occurs in the labels, named "class 1", "class 2", …"""
        values = sorted({int(value) for array in labels for value in np.unique(array) if value > 0})
        if len(values) > MOST_CLASSES or (values and values[-1] > LARGEST_VALUE):
            raise LabelError(
                f"The labels hold {len(values)} values up to {values[-1]}: too many for classes. They look like one "
                "number for each object; turn them into classes first, or name the values that are classes."
            )
        if not values:
            raise LabelError("The labels hold no value above 0. Paint at least two classes, or name 0 as a class.")
        return cls.from_names({value: f"class {value}" for value in values})

    def __len__(self) -> int:
        return len(self.classes)

    def is_named_like(self, other: ClassTable) -> bool:
        """Whether these are the same values with the same names; colours do not count."""
        return (self.values, self.class_names) == (other.values, other.class_names)

    def entry(self, value: int) -> MicrographClass:
        """The class of a label value that is in the table."""
        return self.classes[self.values.index(value)]

    def without(self, value: int) -> ClassTable:
        return ClassTable(classes=tuple(one for one in self.classes if one.value != value))

    def unused_value(self, taken: Collection[int] = ()) -> int:
        """For a new class: above all classes and all ``taken`` ones if a byte holds that, else the smallest free."""
        used = {*self.values, *taken}
        candidates = (*range(max(used, default=0) + 1, 256), *range(1, LARGEST_VALUE + 1))
        free: int = next(value for value in candidates if value not in used)
        return free

    def entries(self) -> Iterator[tuple[int, MicrographClass]]:
        """Class index (0, 1, …: the network's channel) and class."""
        return iter(enumerate(self.classes))

    @property
    def values(self) -> tuple[int, ...]:
        return tuple(c.value for c in self.classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.classes)

    @property
    def colours(self) -> tuple[str, ...]:
        return tuple(c.colour for c in self.classes)

    @property
    def excluded_value(self) -> int:
        """What excluded pixels hold in a mask: 0 if free, else 255, else the largest free value."""
        candidates = (0, 255, *range(LARGEST_VALUE, 0, -1))
        free: int = next(value for value in candidates if value not in self.values)
        return free

    @property
    def mask_dtype(self) -> np.dtype[np.unsignedinteger]:
        """Smallest unsigned integer type that holds every value and, if 0 is a class, the excluded value."""
        return np.min_scalar_type(max(*self.values, self.excluded_value))

    def to_indices(self, labels: npt.NDArray[np.generic]) -> npt.NDArray[np.int16]:
        """Label values of any shape to class indices; what is not in the table becomes ``UNLABELLED``."""
        indices = np.full(labels.shape, UNLABELLED, np.int16)
        for index, entry in self.entries():
            indices[labels == entry.value] = index
        return indices

    def pixel_counts(self, labels: npt.NDArray[np.generic]) -> dict[int, int]:
        """Number of pixels of each label value in the table."""
        return {value: int(np.count_nonzero(labels == value)) for value in self.values}

    def to_values(self, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.unsignedinteger]:
        """Class indices of any shape to the label values of a mask; ``UNLABELLED`` becomes the excluded value."""
        lookup = np.array([*self.values, self.excluded_value], self.mask_dtype)
        values: npt.NDArray[np.unsignedinteger] = lookup[indices]
        return values


def shared_table(tables: Iterable[tuple[str, ClassTable]], advice: str) -> ClassTable | None:
    """The table of all, the first if their colours differ; None if there is none.

    tables: with the names of the masks that carry them. advice: what to do if they differ, for the message.
    Raises LabelError if values or names differ.
    """
    first: tuple[str, ClassTable] | None = None
    for name, table in tables:
        first = first or (name, table)
        if not table.is_named_like(first[1]):
            raise LabelError(f"{first[0]} and {name} have different classes. {advice}")
    return None if first is None else first[1]
