"""What the values of masks mean where no class table says it: the same in the window and on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from napari_csunet.classes import ClassTable, MicrographClass
from napari_csunet.errors import LabelError
from napari_csunet.measurement.instances import BACKGROUND, GREY, Mask, is_one_region_each, values_above_zero

UNSAID = "The masks do not say what their values mean:"


def classes_of_values(masks: Iterable[tuple[str, Mask]], *, zero: bool = True) -> ClassTable:
    """Each value as a class of its own: "class 1", "class 2", …, and 0, where it occurs, as the background.

    masks: with their names. zero: False if 0 is no class. Raises LabelError if there is no value above 0.
    """
    names, values = [], set()
    for name, mask in masks:
        names.append(name)
        values |= {*values_above_zero(mask), *([0] if zero and (mask == 0).any() else [])}
    above = np.array(sorted(values - {0}))
    if not above.size:
        raise LabelError(f"{names[0]} holds no value above 0: no class, and no object. Choose another mask.")
    classes = ClassTable.from_labels([above])
    background = [MicrographClass(value=0, name=BACKGROUND, colour=GREY)] if 0 in values else []
    return ClassTable(classes=(*background, *classes.classes))


def words_on_values(
    masks: Iterable[tuple[str, Mask]], classes: ClassTable, *, numbered: bool, said: bool, say: tuple[str, str]
) -> str:
    """One plain sentence about how masks without a class table were read, and one more where that is a guess.

    said: somebody has said whether they hold classes or numbers. say: how to say that they hold classes, and numbers.
    """
    if numbered:
        guess = "" if said else f" If they are classes, {say[0]}."
        return f"{UNSAID} they were taken for numbers of objects, and 0 for what lies between these.{guess}"
    zero = ", and 0 is the background, measured as the matrix" if 0 in classes.values else ""
    doubt = "" if said else next(_doubts(masks, say[1]), "")
    return f"{UNSAID} each is a class of its own{zero}.{doubt}"


def _doubts(masks: Iterable[tuple[str, Mask]], how: str) -> Iterator[str]:
    for name, mask in masks:
        if is_one_region_each(mask):
            count = len(values_above_zero(mask))
            yield f" Each of the {count} values of {name} fills one region: if they number objects, {how}."
