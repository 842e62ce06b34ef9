"""From mask layers to what the engine measures and exports: results, one class table, one plan."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable, MicrographClass
from napari_csunet.errors import LabelError
from napari_csunet.export.numbers import number_text
from napari_csunet.measurement.kind import Kind
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.mask_cleaning import CleanUps
from napari_csunet.widgets.measure_sources import MaskSource

if TYPE_CHECKING:
    from napari_csunet.export.results import ExportPlan, Result

AS_THEY_LOOK, CLASSES, NUMBERS = "as they look", "classes", "numbers of objects"
"""What the values of a mask without a class table are."""
UNLABELLED_SHARE = 0.01

BORDERS = {
    "corrected (Miles–Lantuéjoul)": "miles-lantuejoul",
    "corrected (guard frame)": "guard-frame",
    "counted like others": "keep",
}
"""What may be done with objects at the border, in words, and its name in ``measurement.border``."""


@dataclass(frozen=True)
class MeasureChoices:
    """What the user chose. zero_is_class: in masks without a class table. split: by class value.

    values: what those of a mask without a class table are. kinds: what classes are measured as, by value.
    """

    split: Mapping[int, float]
    border: str = BORDERS["corrected (Miles–Lantuéjoul)"]
    zero_is_class: bool = True
    keep_databar: bool = False
    values: str = AS_THEY_LOOK
    kinds: Mapping[int, Kind] = field(default_factory=dict)


def load_measurement() -> None:
    """What measuring needs; for a thread, because it takes seconds."""
    for module in ("pandas", "napari_csunet.export.exporting"):
        for _ in load(module):
            pass


@dataclass(frozen=True, eq=False)
class Interpreted:
    """Masks as classes. masks: in class values. numbers: of the objects, where masks hold these instead of classes."""

    classes: ClassTable
    masks: Sequence[npt.NDArray[np.generic]]
    numbers: Sequence[npt.NDArray[np.integer]] | None = None


def results_and_plan(sources: Sequence[MaskSource], choices: MeasureChoices) -> tuple[list[Result], ExportPlan]:
    """What is measured and exported. Raises CSUNetError if masks are broken or do not fit together."""
    from napari_csunet.export.results import ExportPlan, checked
    from napari_csunet.measurement.border import Border
    from napari_csunet.measurement.kinds import with_kinds
    from napari_csunet.measurement.summary import MeasurementPlan

    read = interpreted(sources, [np.asarray(source.values) for source in sources], choices)
    classes, numbers = read.classes, read.numbers or ()
    parts = zip_longest(sources, read.masks, numbers)  # numbers of objects: for all masks, or for none
    made = [_result(source, mask, own, classes, choices) for source, mask, own in parts]
    results = checked(made, classes)
    split = {value: share for value, share in choices.split.items() if share and value in classes.values}
    shared = sources[0].cleaning if all(source.cleaning == sources[0].cleaning for source in sources) else {}
    plan = MeasurementPlan(split=split, border=Border(choices.border))
    plan = with_kinds(plan, kinds_of(sources, read, choices), classes, numbered=read.numbers is not None)
    results = [_with_own_cleaning(r, s, shared, classes) for r, s in zip(results, sources, strict=True)]
    return results, ExportPlan(classes, plan, cleanings_of(shared))


def interpreted(
    sources: Sequence[MaskSource], arrays: Sequence[npt.NDArray[np.generic]], choices: MeasureChoices
) -> Interpreted:
    """What the values of the masks are. Raises LabelError if they are broken or carry different classes."""
    from napari_csunet.measurement.field import whole_numbers
    from napari_csunet.measurement.instances import class_mask, object_classes, small_numbers

    masks = [whole_numbers(values, source.name) for values, source in zip(arrays, sources, strict=True)]
    numbered = _are_numbered(masks, sources, choices.values)
    known = _known_classes([source.read_as(numbered=numbered) for source in sources])
    if numbered:
        classes = known or object_classes(zero=choices.zero_is_class)
        return Interpreted(classes, [class_mask(mask) for mask in masks], [small_numbers(mask) for mask in masks])
    return Interpreted(known or _classes_of_values(masks, sources, zero=choices.zero_is_class), arrays)


def kinds_of(sources: Sequence[MaskSource], read: Interpreted, choices: MeasureChoices) -> dict[int, Kind]:
    """What each class is measured as: as the user has said, else what it looks like."""
    from napari_csunet.measurement.field import whole_numbers
    from napari_csunet.measurement.kinds import likely_kinds

    numbered = read.numbers is not None
    heard = [source.read_as(numbered=numbered) for source in sources]
    said = {value: kind for source in heard for value, kind in source.kinds.items()} | dict(choices.kinds)
    if set(said) >= set(read.classes.values):
        return said
    seen = _without_databars(sources, read, choices) if numbered else read.masks
    masks = [whole_numbers(mask, source.name) for mask, source in zip(seen, sources, strict=True)]
    return likely_kinds(masks, read.classes, numbered=numbered) | said


def _without_databars(
    sources: Sequence[MaskSource], read: Interpreted, choices: MeasureChoices
) -> list[npt.NDArray[np.generic]]:
    """Masks as they are measured: how much of them objects cover depends on that."""
    parts = zip(sources, read.masks, strict=True)
    return [_result(source, mask, None, read.classes, choices).mask for source, mask in parts]


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
    known = [source for source in sources if source.classes is not None]
    for source in known[1:]:
        if _values_and_names(source.classes) != _values_and_names(known[0].classes):
            raise LabelError(f"{known[0].name} and {source.name} have different classes. Measure one after the other.")
    return known[0].classes if known else None


def _are_numbered(masks: Sequence[npt.NDArray[np.integer]], sources: Sequence[MaskSource], values: str) -> bool:
    """What the user has called the values says nothing: that was said of what they were read as then."""
    from napari_csunet.measurement.instances import OBJECT_VALUES, is_numbered

    tables = [one.carried if one.said_of_numbers is not None else one.classes for one in sources]
    known = [table for table in tables if table is not None]
    table = next((one for one in known if one.values not in OBJECT_VALUES), known[0] if known else None)
    named = ((source.name, mask) for source, mask in zip(sources, masks, strict=True))
    said = None if values == AS_THEY_LOOK else values == NUMBERS
    return is_numbered(named, table, said, said_with="“Values are”")


def _values_and_names(classes: ClassTable | None) -> list[tuple[int, str]]:
    return [(c.value, c.name) for c in classes.classes] if classes else []


def _classes_of_values(
    masks: Sequence[npt.NDArray[np.integer]], sources: Sequence[MaskSource], *, zero: bool
) -> ClassTable:
    from napari_csunet.measurement.instances import BACKGROUND, GREY

    classes = ClassTable.from_labels(masks) if any((mask > 0).any() for mask in masks) else None
    if classes is None:
        raise LabelError(f"{sources[0].name} holds no value above 0. Choose a mask with at least one class.")
    if not zero or not any((mask == 0).any() for mask in masks):
        return classes
    return ClassTable(classes=(MicrographClass(value=0, name=BACKGROUND, colour=GREY), *classes.classes))


def _result(
    source: MaskSource,
    values: npt.NDArray[np.generic],
    numbers: npt.NDArray[np.integer] | None,
    classes: ClassTable,
    choices: MeasureChoices,
) -> Result:
    from napari_csunet.export.results import Result, without_databar
    from napari_csunet.measurement.field import whole_numbers

    micrograph = source.micrograph.read() if source.micrograph else None
    maps = (_map(source.probability, values, 1), _map(source.uncertainty, values, 0))
    notices = tuple(_notices(source, whole_numbers(values, source.name), classes))
    result = Result(
        source.name, values, micrograph, source.pixel_size, *maps, source.changed_pixels, source.is_corrected,
        notices=notices, instances=numbers,
    )  # fmt: skip
    return result if choices.keep_databar else without_databar(result, classes)


def _map(pixels: Any, values: npt.NDArray[np.generic], extra_axes: int) -> npt.NDArray[np.float32] | None:
    """Probability or uncertainty, if it belongs to the mask."""
    if pixels is None or pixels.ndim != values.ndim + extra_axes or pixels.shape[extra_axes:] != values.shape:
        return None
    return np.asarray(pixels, np.float32)


def _notices(source: MaskSource, mask: npt.NDArray[np.integer], classes: ClassTable) -> Generator[str, None, None]:
    share = 0.0 if 0 in classes.values else float(np.mean(mask == 0))
    if share > UNLABELLED_SHARE:
        percent = number_text(100 * share, 2)
        yield f"{source.name}: {percent} % of the pixels hold 0, which is no class; they are not measured."


def cleanings_of(settings: CleanUps) -> dict[int, Any]:
    """As the engine knows them; splitting is no change of the mask and stands in the measurement plan."""
    from napari_csunet.measurement.cleaning import Cleaning

    return {value: Cleaning(**{**vars(one), "split": 0}) for value, one in settings.items() if one.changes_mask}


def _with_own_cleaning(result: Result, source: MaskSource, shared: CleanUps, classes: ClassTable) -> Result:
    """The clean-up as a notice, where it is not the same for all masks."""
    from napari_csunet.measurement.cleaning import described

    if not source.cleaning or source.cleaning == shared:
        return result
    said = " ".join(described(cleanings_of(source.cleaning), classes))
    return replace(result, notices=(*result.notices, f"{source.name} was cleaned. {said}"))
