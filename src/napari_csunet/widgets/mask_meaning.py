"""What the values of the checked masks mean: classes or numbers of objects, and which classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable, shared_table
from napari_csunet.widgets.measure_choices import AS_THEY_LOOK, CLASSES, NUMBERS, MeasureChoices
from napari_csunet.widgets.measure_sources import MaskSource

Mask = npt.NDArray[np.integer]
SAY = f"choose “{CLASSES}” at “Values are”", f"choose “{NUMBERS}” at “Values are”"
"""How the user says that masks hold classes, and that they number objects."""


@dataclass(frozen=True, eq=False)
class Interpreted:
    """Masks as classes. masks: in class values. numbers: of the objects, where masks hold these instead of classes.

    words: how the values were read, in a sentence, where no class table says what they mean; else empty.
    """

    classes: ClassTable
    masks: Sequence[npt.NDArray[np.generic]]
    numbers: Sequence[npt.NDArray[np.integer]] | None = None
    words: str = ""


def interpreted(
    sources: Sequence[MaskSource], arrays: Sequence[npt.NDArray[np.generic]], choices: MeasureChoices
) -> Interpreted:
    """What the values of the masks are. Raises LabelError if they are broken or carry different classes."""
    from napari_csunet.measurement.field import whole_numbers
    from napari_csunet.measurement.instances import class_mask, object_classes, small_numbers
    from napari_csunet.measurement.mask_values import classes_of_values

    masks = [whole_numbers(values, source.name) for values, source in zip(arrays, sources, strict=True)]
    numbered, zero = _are_numbered(masks, sources, choices.values), choices.zero_is_class
    known = _known_classes([source.read_as(numbered=numbered) for source in sources])
    if numbered:
        classes = known or object_classes(zero=zero)
        words = "" if known else _words(masks, sources, classes, choices, numbered=True)
        return Interpreted(classes, [class_mask(mask) for mask in masks], [small_numbers(m) for m in masks], words)
    classes = known or classes_of_values(_named(masks, sources), zero=zero)
    words = "" if known else _words(masks, sources, classes, choices, numbered=False)
    return Interpreted(classes, arrays, words=words)


def _words(
    masks: Sequence[Mask],
    sources: Sequence[MaskSource],
    classes: ClassTable,
    choices: MeasureChoices,
    *,
    numbered: bool,
) -> str:
    from napari_csunet.measurement.mask_values import words_on_values

    said = choices.values != AS_THEY_LOOK
    return words_on_values(_named(masks, sources), classes, numbered=numbered, said=said, say=SAY)


def _named(masks: Sequence[Mask], sources: Sequence[MaskSource]) -> list[tuple[str, Mask]]:
    return [(source.name, mask) for source, mask in zip(sources, masks, strict=True)]


def classes_for(
    sources: Sequence[MaskSource], arrays: Sequence[npt.NDArray[np.generic]], choices: MeasureChoices
) -> ClassTable:
    """Of masks of classes. Raises LabelError for others, and if the masks carry different ones."""
    from napari_csunet.measurement.instances import cannot_clean

    read = interpreted(sources, arrays, choices)
    if read.numbers is not None:
        raise cannot_clean(sources[0].name)
    return read.classes


def _known_classes(sources: Sequence[MaskSource]) -> ClassTable | None:
    """The class table that the masks carry."""
    known = ((source.name, source.classes) for source in sources if source.classes is not None)
    return shared_table(known, "Measure one after the other.")


def _are_numbered(masks: Sequence[Mask], sources: Sequence[MaskSource], values: str) -> bool:
    """What the user has called the values says nothing: that was said of what they were read as then."""
    from napari_csunet.measurement.instances import OBJECT_VALUES, is_numbered

    tables = [one.carried if one.said_of_numbers is not None else one.classes for one in sources]
    known = [table for table in tables if table is not None]
    table = next((one for one in known if one.values not in OBJECT_VALUES), known[0] if known else None)
    said = None if values == AS_THEY_LOOK else values == NUMBERS
    return is_numbered(_named(masks, sources), table, said, said_with="“Values are”")
