"""From mask layers to what the engine measures and exports: results, one class table, one plan."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.export.numbers import number_text
from napari_csunet.measurement.kind import Kind
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.mask_cleaning import CleanUps
from napari_csunet.widgets.mask_meaning import Interpreted, interpreted
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_sources import MaskSource

if TYPE_CHECKING:
    from napari_csunet.export.results import ExportPlan, Result

UNLABELLED_SHARE = 0.01


def load_measurement() -> None:
    """What measuring needs; for a thread, because it takes seconds."""
    for module in ("pandas", "napari_csunet.export.exporting"):
        for _ in load(module):
            pass


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
    kinds = kinds_of(sources, read, choices)
    plan = with_kinds(plan, kinds, classes, numbered=read.numbers is not None)
    results = [_with_own_cleaning(r, s, shared, classes) for r, s in zip(results, sources, strict=True)]
    notices = (read.words,) if read.words else ()
    return results, ExportPlan(classes, plan, cleanings_of(shared), kinds=kinds, notices=notices)


def with_origins(results: Sequence[Result], sources: Sequence[MaskSource]) -> list[Result]:
    """Results of these masks, in their order, with the checkpoints that have made them, for the report."""
    from napari_csunet.export.results import Origin

    models = {source.model for source in sources if source.model is not None}
    for _ in load("napari_csunet.checkpoint") if models else ():
        pass
    origins = {model: Origin.noted(model) for model in models}
    parts = zip(results, sources, strict=True)
    return [replace(result, origin=origins[one.model] if one.model else None) for result, one in parts]


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
