"""What the values of mask files mean: classes or numbers of objects, and which classes, in which colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.export.results import Origin
from napari_csunet.measurement.instances import Mask, is_numbered, object_classes
from napari_csunet.measurement.mask_values import classes_of_values, words_on_values
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.micrographs.reading import read_labels

FOUND, CLASSES, OBJECTS = "found", "classes", "objects"
"""What --values may be; the first is found out by the program."""

_SAY = "say so with --values classes", "say so with --values objects"


@dataclass(frozen=True)
class Meaning:
    """Of all masks together. words: a sentence for the reader where no class table says it, else empty."""

    classes: ClassTable
    numbered: bool
    words: str = ""


def meaning_of(
    paths: Sequence[Path], text: str | None, origin: Origin | None, numbered: bool | None, *, said_with: str
) -> Meaning:
    """text: the classes as typed. numbered: whether the masks number their objects, if somebody has said it, and with
    what. Raises LabelError for what contradicts itself.
    """
    given, carried = ClassTable.parse(text) if text else None, _carried_classes(paths) if not text else None
    known = _checkpoint_classes(origin, given) if origin is not None else given or carried
    found = is_numbered(_masks(paths), known, numbered, said_with=said_with)
    if known is None:
        classes = object_classes(zero=True) if found else classes_of_values(_masks(paths))
        said = numbered is not None
        return Meaning(classes, found, words_on_values(_masks(paths), classes, numbered=found, said=said, say=_SAY))
    if given is not None and origin is None:
        known = _coloured_like(given, _first_table(paths) or (object_classes(zero=True) if found else None), paths)
    return Meaning(known, found)


def _masks(paths: Sequence[Path]) -> Iterator[tuple[str, Mask]]:
    """Read one by one."""
    return ((str(path), read_labels(path)) for path in paths)


def _carried_classes(paths: Sequence[Path]) -> ClassTable | None:
    """The class table that the masks carry; those without one have the same."""
    tables = {path: table for path in paths if (table := classes_of_mask_file(path)) is not None}
    first = next(iter(tables), None)
    for path, table in tables.items():
        if first is not None and _values_and_names(table) != _values_and_names(tables[first]):
            raise LabelError(
                f"{first} and {path} have different classes. Measure them one after the other, "
                "or name the classes with --classes."
            )
    return None if first is None else tables[first]


def _values_and_names(table: ClassTable) -> list[tuple[int, str]]:
    return [(c.value, c.name) for c in table.classes]


def _checkpoint_classes(origin: Origin, given: ClassTable | None) -> ClassTable:
    """Those given, in the colours of the checkpoint, if they are its values."""
    own = origin.provenance.classes
    if given is not None and given.values != own.values:
        raise LabelError(
            f"{origin.file_name} has the classes {', '.join(f'{c.value}={c.name}' for c in own.classes)}, and not the "
            "values of --classes. Leave one of them out."
        )
    return own if given is None else _in_colours(given, own)


def _first_table(paths: Sequence[Path]) -> ClassTable | None:
    return next((table for path in paths if (table := classes_of_mask_file(path)) is not None), None)


def _coloured_like(given: ClassTable, known: ClassTable | None, paths: Sequence[Path]) -> ClassTable:
    """In the colours that the masks carry, else those that their values have in the window."""
    try:
        return _in_colours(given, known or classes_of_values(_masks(paths)))
    except LabelError:  # without a value above 0, or with too many: the colours of the names will do
        return given


def _in_colours(classes: ClassTable, known: ClassTable) -> ClassTable:
    """Each class in the colour that the class of its value has there."""
    colours = {c.value: c.colour for c in known.classes}
    changed = (c.model_copy(update={"colour": colours.get(c.value, c.colour)}) for c in classes.classes)
    return ClassTable(classes=tuple(changed))
