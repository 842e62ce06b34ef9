"""From mask layers to what the engine measures and exports: results, one class table, one plan."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable, MicrographClass
from napari_csunet.errors import LabelError
from napari_csunet.export.numbers import number_text
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.measure_sources import CleanUps, MaskSource

if TYPE_CHECKING:
    from napari_csunet.export.results import ExportPlan, Result

BACKGROUND = "background"
MOST_CLASSES = 50
"""More values than this in a mask without a class table are numbers of objects."""

UNLABELLED_SHARE = 0.01

BORDERS = {
    "corrected (Miles–Lantuéjoul)": "miles-lantuejoul",
    "corrected (guard frame)": "guard-frame",
    "counted like others": "keep",
}
"""What may be done with objects at the border, in words, and its name in ``measurement.border``."""


@dataclass(frozen=True)
class MeasureChoices:
    """What the user chose. zero_is_class: in masks without a class table. split: by class value."""

    split: Mapping[int, float]
    border: str = BORDERS["corrected (Miles–Lantuéjoul)"]
    zero_is_class: bool = True
    keep_databar: bool = False


def load_measurement() -> None:
    """What measuring needs; for a thread, because it takes seconds."""
    for module in ("pandas", "napari_csunet.export.exporting"):
        for _ in load(module):
            pass


def results_and_plan(sources: Sequence[MaskSource], choices: MeasureChoices) -> tuple[list[Result], ExportPlan]:
    """What is measured and exported. Raises CSUNetError if masks are broken or do not fit together."""
    from napari_csunet.export.results import ExportPlan, checked
    from napari_csunet.measurement.border import Border
    from napari_csunet.measurement.summary import MeasurementPlan

    arrays = [np.asarray(source.values) for source in sources]
    classes = classes_for(sources, arrays, choices)
    made = [_result(source, values, classes, choices) for source, values in zip(sources, arrays, strict=True)]
    results = checked(made, classes)
    split = {value: share for value, share in choices.split.items() if share and value in classes.values}
    shared = sources[0].cleaning if all(source.cleaning == sources[0].cleaning for source in sources) else {}
    plan = ExportPlan(classes, MeasurementPlan(split=split, border=Border(choices.border)), cleanings_of(shared))
    return [_with_own_cleaning(r, s, shared, classes) for r, s in zip(results, sources, strict=True)], plan


def classes_for(
    sources: Sequence[MaskSource], arrays: Sequence[npt.NDArray[np.generic]], choices: MeasureChoices
) -> ClassTable:
    """The class table that the masks carry, else their values. Raises LabelError if they carry different ones."""
    from napari_csunet.measurement.field import whole_numbers

    known = [source for source in sources if source.classes is not None]
    for source in known[1:]:
        if _values_and_names(source.classes) != _values_and_names(known[0].classes):
            raise LabelError(f"{known[0].name} and {source.name} have different classes. Measure one after the other.")
    if known and known[0].classes is not None:
        return known[0].classes
    masks = [whole_numbers(values, source.name) for values, source in zip(arrays, sources, strict=True)]
    return _classes_of_values(masks, sources, zero=choices.zero_is_class)


def _values_and_names(classes: ClassTable | None) -> list[tuple[int, str]]:
    return [(c.value, c.name) for c in classes.classes] if classes else []


def _classes_of_values(
    masks: Sequence[npt.NDArray[np.integer]], sources: Sequence[MaskSource], *, zero: bool
) -> ClassTable:
    for mask, source in zip(masks, sources, strict=True):
        count = len(np.unique(mask[mask > 0]))
        if count > MOST_CLASSES:
            raise LabelError(
                f"{source.name} holds {count} values: one number for each object, it seems. Make one class of them "
                "first, or give the mask from which they were numbered."
            )
    classes = ClassTable.from_labels(masks) if any((mask > 0).any() for mask in masks) else None
    if classes is None:
        raise LabelError(f"{sources[0].name} holds no value above 0. Choose a mask with at least one class.")
    if not zero or not any((mask == 0).any() for mask in masks):
        return classes
    return ClassTable(classes=(MicrographClass(value=0, name=BACKGROUND, colour="#7f7f7f"), *classes.classes))


def _result(
    source: MaskSource, values: npt.NDArray[np.generic], classes: ClassTable, choices: MeasureChoices
) -> Result:
    from napari_csunet.export.results import Result, without_databar
    from napari_csunet.measurement.field import whole_numbers

    micrograph = source.micrograph.read() if source.micrograph else None
    maps = (_map(source.probability, values, 1), _map(source.uncertainty, values, 0))
    notices = tuple(_notices(source, whole_numbers(values, source.name), classes))
    result = Result(
        source.name, values, micrograph, source.pixel_size, *maps, source.changed_pixels, source.is_corrected,
        notices=notices,
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
