"""What the values of mask files mean: classes or numbers of objects, and which classes, in which colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from napari_csunet.classes import ClassTable, shared_table
from napari_csunet.errors import LabelError
from napari_csunet.export.results import Origin
from napari_csunet.measurement.instances import Mask, is_numbered, object_classes
from napari_csunet.measurement.mask_values import classes_of_values, words_on_values
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.micrographs.reading import read_labels

_SAY = "say so with --values classes", "say so with --values objects"
_ADVICE = "Measure them one after the other, or name the classes with --classes."


@dataclass(frozen=True, eq=False)
class ReadMask:
    """A mask file, read once. name: as the tables call it. values: (h, w) or (slices, h, w)."""

    path: Path
    name: str
    values: Mask

    @classmethod
    def of(cls, path: Path, name: str) -> ReadMask:
        """Raises MicrographError if the file is no mask."""
        return cls(path, name, read_labels(path))

    @cached_property
    def table(self) -> ClassTable | None:
        """That the file carries. Raises LabelError if the one beside it cannot be read."""
        return classes_of_mask_file(self.path)


@dataclass(frozen=True)
class Meaning:
    """Of all masks together. words: a sentence for the reader where no class table says it, else empty."""

    classes: ClassTable
    numbered: bool
    words: str = ""


def meaning_of(
    masks: Sequence[ReadMask], text: str | None, origin: Origin | None, numbered: bool | None, *, said_with: str
) -> Meaning:
    """text: the classes as typed. numbered: whether the masks number their objects, if somebody has said it, and with
    what. Raises LabelError for what contradicts itself.
    """
    given, carried = ClassTable.parse(text) if text else None, _carried_classes(masks) if not text else None
    known = _checkpoint_classes(origin, given) if origin is not None else given or carried
    named = [(str(mask.path), mask.values) for mask in masks]
    found = is_numbered(named, known, numbered, said_with=said_with)
    if known is None:
        classes = object_classes(zero=True) if found else classes_of_values(named)
        said = numbered is not None
        return Meaning(classes, found, words_on_values(named, classes, numbered=found, said=said, say=_SAY))
    if given is not None and origin is None:
        known = _coloured_like(given, masks, numbered=found)
    return Meaning(known, found)


def _carried_classes(masks: Sequence[ReadMask]) -> ClassTable | None:
    """The class table that the masks carry; those without one have the same."""
    return shared_table(((str(mask.path), mask.table) for mask in masks if mask.table is not None), _ADVICE)


def _checkpoint_classes(origin: Origin, given: ClassTable | None) -> ClassTable | None:
    """Those given, in the colours of the checkpoint, if they are its values."""
    if origin.provenance is None:
        return given
    own = origin.provenance.classes
    if given is not None and given.values != own.values:
        raise LabelError(
            f"{origin.file_name} has the classes {', '.join(f'{c.value}={c.name}' for c in own.classes)}, and not the "
            "values of --classes. Leave one of them out."
        )
    return own if given is None else _in_colours(given, own)


def _coloured_like(given: ClassTable, masks: Sequence[ReadMask], *, numbered: bool) -> ClassTable:
    """In the colours that the masks carry, else those that their values have in the window."""
    carried = next((mask.table for mask in masks if mask.table is not None), None)
    known = carried or (object_classes(zero=True) if numbered else None)
    try:
        return _in_colours(given, known or classes_of_values((str(mask.path), mask.values) for mask in masks))
    except LabelError:  # without a value above 0, or with too many: the colours of the names will do
        return given


def _in_colours(classes: ClassTable, known: ClassTable) -> ClassTable:
    """Each class in the colour that the class of its value has there."""
    colours = {c.value: c.colour for c in known.classes}
    changed = (c.model_copy(update={"colour": colours.get(c.value, c.colour)}) for c in classes.classes)
    return ClassTable(classes=tuple(changed))
