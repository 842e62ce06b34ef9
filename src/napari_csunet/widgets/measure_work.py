"""Measuring and exporting as generators for a thread; what they need is imported there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from napari_csunet.classes import ClassTable
from napari_csunet.errors import MicrographError
from napari_csunet.measurement.scale import Scale, common_unit
from napari_csunet.reports import Progress
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_results import load_measurement, results_and_plan, with_origins
from napari_csunet.widgets.measure_sources import MaskSource
from napari_csunet.widgets.measured_layers import fingerprint

if TYPE_CHECKING:
    from napari_csunet.export.exporting import ExportReport
    from napari_csunet.export.results import Result
    from napari_csunet.export.study import Study
    from napari_csunet.measurement.field import Field
    from napari_csunet.measurement.summary import Measurements


OWN_FOLDER = "measurements"
GRAINS = "grains"
"""What the tables call grains, see ``measurement.summary``, which loads slowly."""


@dataclass(frozen=True, eq=False)
class MeasuredMasks:
    """Masks as they were measured, in the order in which they were given, and the tables.

    fingerprints: of the pixels of the layers, see ``measured_layers``.
    """

    study: Study
    fingerprints: tuple[int | None, ...] = ()

    @property
    def classes(self) -> ClassTable:
        return self.study.classes

    @property
    def results(self) -> Sequence[Result]:
        return self.study.results

    @property
    def tables(self) -> Measurements:
        return self.study.measured

    @property
    def names(self) -> list[str]:
        """Of fields of view, as the tables call them."""
        return self.study.fields

    @property
    def unit(self) -> str:
        """Of lengths."""
        return common_unit([result.scale for result in self.results])

    @property
    def measured_names(self) -> list[str]:
        """Of the classes, and the grains if they were measured."""
        grains = [GRAINS] if self.study.plan.measured.has_grains else []
        return list(dict.fromkeys([*self.classes.class_names, *grains]))

    def with_tables(self, tables: Measurements) -> MeasuredMasks:
        """Where objects were cut it takes a moment to say what that did: it is found out here, in a thread."""
        made = replace(self, study=replace(self.study, measured=tables))
        _ = made.study.notices
        return made

    def has_objects(self, name: str) -> bool:
        """Whether objects of a class, or of the grains, were measured."""
        plan = self.study.plan.measured
        values = {c.name: c.value for c in self.classes.classes}
        return (name == GRAINS and plan.has_grains) or (name in values and plan.has_objects(values[name]))

    def pixels_across(self, field: str, width: float) -> float:
        """A length in the unit of the tables, in pixels of a field of view."""
        scale = Scale.of(self.results[self.place(field)[0]].scale, self.unit)
        return width / math.sqrt(scale.pixel_area)

    def place(self, field: str) -> tuple[int, int | None]:
        """Index of the result to which a field of view belongs, and the slice if that is a stack."""
        for index, result in enumerate(self.results):
            for number in range(len(result.slices)):
                if result.slice_name(number) == field:
                    return index, number if result.mask.ndim == 3 else None
        raise MicrographError(f"{field} was not measured. Measure again.")


@dataclass(frozen=True, eq=False)
class MeasureReport:
    """One moment of a measurement; ``measured`` is set at its end."""

    progress: Progress
    doing: str
    measured: MeasuredMasks | None = None


@dataclass(frozen=True, eq=False)
class ExportNews:
    """One moment of an export. taken: a file that exists already, before anything is written; report: its end.

    notices: of files in the folder that stayed as they were. measured: at the end, unless that was known before.
    """

    folder: Path
    progress: Progress
    doing: str = ""
    taken: Path | None = None
    report: Path | None = None
    measured: MeasuredMasks | None = None
    notices: tuple[str, ...] = ()


class _Stopped(Exception):  # noqa: N818
    """Somebody asked for it."""


class _Watched(list["Field"]):
    """Fields of view that are handed out as long as nobody asks to stop: a class of many takes minutes."""

    def __init__(self, fields: Iterable[Field], stopped: threading.Event) -> None:
        super().__init__(fields)
        self._stopped = stopped

    def __iter__(self) -> Iterator[Field]:
        for field in super().__iter__():
            if self._stopped.is_set():
                raise _Stopped
            yield field


def measure_masks(
    sources: Sequence[MaskSource], choices: MeasureChoices, stopped: threading.Event
) -> Generator[MeasureReport, None, None]:
    """Ends early, without a result, once ``stopped`` is set. Raises CSUNetError."""
    with suppress(_Stopped):
        yield from _measured_by_class(sources, choices, stopped)


def _measured_by_class(
    sources: Sequence[MaskSource], choices: MeasureChoices, stopped: threading.Event
) -> Generator[MeasureReport, None, None]:
    started = time.perf_counter()
    yield MeasureReport(Progress(0, 0, 0, float("nan")), "reading the masks")
    load_measurement()
    from napari_csunet.measurement.summary import measure, measure_grains

    read = _read(sources, choices)
    plan = read.study.plan
    fields = _Watched((field for result in read.results for field in read.study.fields_of(result)), stopped)
    parts = []
    if plan.measured.has_grains:
        yield MeasureReport(_progress(0, len(plan.classes), started), "measuring grains")
        parts.append(measure_grains(fields, plan.measured))
    for done, c in enumerate(plan.classes.classes):
        yield MeasureReport(_progress(done, len(plan.classes), started), f"measuring {c.name}")
        alone = replace(plan.measured.of_class(c.value), correlation=False)
        parts.append(measure(fields, ClassTable(classes=(c,)), alone))
    yield MeasureReport(_progress(1, 1, started), "", read.with_tables(_joined(parts)))


def _read(sources: Sequence[MaskSource], choices: MeasureChoices, *, overwrite: bool = False) -> MeasuredMasks:
    """The masks, without tables so far."""
    from napari_csunet.export.study import Study

    results, plan = results_and_plan(sources, choices)
    study = Study(results, replace(plan, overwrite=overwrite), measured=cast(Any, None))
    return MeasuredMasks(study, tuple(fingerprint(source.values) for source in sources))


def _joined(parts: Sequence[Measurements]) -> Measurements:
    """Tables of single classes as one; they are the same as if all classes were measured at once."""
    import pandas as pd

    def table(name: str) -> pd.DataFrame:
        pieces = [getattr(part, name) for part in parts]
        joined: pd.DataFrame = pd.concat([piece for piece in pieces if len(piece)] or pieces[:1], ignore_index=True)
        return joined

    return type(parts[0])(*(table(name) for name in ("summary", "objects", "profiles", "correlation")))


def _progress(done: int, total: int, started: float) -> Progress:
    elapsed = time.perf_counter() - started
    return Progress(done, total, elapsed, elapsed * (total - done) / done if done else float("nan"))


def export_measured(
    sources: Sequence[MaskSource],
    choices: MeasureChoices,
    folder: Path,
    earlier: MeasuredMasks | None = None,
    *,
    overwrite: bool,
) -> Generator[ExportNews, None, None]:
    """Writes what ``export_results`` writes; ends before that if a file is in the way and must not be replaced.

    ``earlier``: the last measurement, whose numbers are taken if nothing has changed since.
    """
    yield ExportNews(folder, Progress(0, 0, 0, float("nan")), "reading the masks")
    load_measurement()
    from napari_csunet.export.exporting import export_results
    from napari_csunet.export.layout import REPORT, Layout

    read = _read(sources, choices, overwrite=overwrite)
    results, plan, folder = with_origins(read.results, sources), read.study.plan, _own_folder(folder, REPORT)
    taken = next((folder / name for name in Layout(results, plan).names() if (folder / name).exists()), None)
    if taken is not None and not overwrite:
        yield ExportNews(folder, Progress(0, 1, 0, float("nan")), taken=taken)
        return
    for one in export_results(results, folder, plan, earlier.study if earlier else None):
        yield _news(one, folder, read, earlier)


def _news(one: ExportReport, folder: Path, read: MeasuredMasks, earlier: MeasuredMasks | None) -> ExportNews:
    """With tables, if they are new ones."""
    if one.measured is None:
        return ExportNews(folder, one.progress, one.doing, report=one.report, notices=one.notices)
    made = read.with_tables(one.measured)
    stayed = tuple(notice for notice in one.notices if notice not in made.study.notices)
    is_known = earlier is not None and earlier.tables.summary is one.measured.summary
    measured = None if is_known else made
    return ExportNews(folder, one.progress, one.doing, report=one.report, measured=measured, notices=stayed)


def _own_folder(chosen: Path, report: str) -> Path:
    """The folder itself if it is empty or holds an export, else one inside it: nothing is strewn among other files."""
    if not chosen.is_dir() or (chosen / report).exists() or not any(chosen.iterdir()):
        return chosen
    return chosen / OWN_FOLDER
