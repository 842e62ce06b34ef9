"""Writes one folder with everything a paper needs, file by file."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_csunet.export import manifest, pictures, plots, tables
from napari_csunet.export.kept_masks import kept_masks, with_word_on_kept
from napari_csunet.export.layout import MAPS, PLOT_KINDS, REPORT, WORKBOOK, Layout
from napari_csunet.export.numbers import listed
from napari_csunet.export.record import record
from napari_csunet.export.report import MOST_PICTURES, DrawnPlot, report_html
from napari_csunet.export.results import ExportPlan, Result, checked
from napari_csunet.export.reuse import study_of
from napari_csunet.export.study import Study
from napari_csunet.export.workbook import workbook
from napari_csunet.measurement.summary import Measurements
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.ome_zarr import write_mask_folder
from napari_csunet.micrographs.replacing import check_writable, replacing
from napari_csunet.micrographs.writing import MaskFormat, write_image, write_mask
from napari_csunet.reports import Progress

_THUMBNAIL = 900
Step = tuple[str, Callable[[], None]]


@dataclass(frozen=True, eq=False)
class ExportReport:
    """One moment of an export. files: those written so far. measured, report: set once all is there."""

    progress: Progress
    doing: str = ""
    files: tuple[Path, ...] = ()
    measured: Measurements | None = None
    report: Path | None = None
    notices: tuple[str, ...] = ()

    @property
    def files_by_name(self) -> dict[str, Path]:
        """By the last part of their path."""
        return {path.name: path for path in self.files}


def export_results(
    results: Sequence[Result], folder: str | Path, plan: ExportPlan, earlier: Study | None = None
) -> Iterator[ExportReport]:
    """Measures, and writes masks, overlays, tables, plots and the report; yields before each step and at the end.

    ``earlier``: numbers that are there already; what they still say is not measured again.
    Raises CSUNetError before anything is written if results do not fit together, or if a file exists and
    ``plan.overwrite`` is False. Every file is written whole or not at all. What an earlier export wrote into the folder
    goes once all is written, unless somebody has changed it since; other files stay. So does a mask of the same name
    that somebody has painted on since, see ``kept_masks``.
    """
    folder, started = Path(folder), time.perf_counter()
    ready, layout, kept = _ready(results, folder, plan)
    yield ExportReport(Progress(0, 2 * len(ready) + 4, 0, float("nan")), "measuring")
    study = study_of(ready, plan, earlier)
    export = _Export(folder, layout, study, kept)
    steps = list(export.steps())
    with manifest.recording(folder, layout.names(), export.written):
        for done, (doing, step) in enumerate(steps):
            yield ExportReport(_progress(done, len(steps), started), doing, tuple(export.files))
            step()
    stayed = export.clear()
    progress = _progress(len(steps), len(steps), started)
    yield ExportReport(progress, "", tuple(export.files), study.measured, folder / REPORT, (*study.notices, *stayed))


def _ready(results: Sequence[Result], folder: Path, plan: ExportPlan) -> tuple[list[Result], Layout, set[str]]:
    """Results that fit together, where they go, and the names of those whose masks in the folder stay."""
    ready = checked(results, plan.classes)
    layout = Layout(ready, plan)
    _check(folder, layout, plan)
    kept = kept_masks(ready, folder, layout)
    return with_word_on_kept(ready, folder, kept), layout, set(kept)


def _check(folder: Path, layout: Layout, plan: ExportPlan) -> None:
    """Raises OutputError if a file that may be written exists already, or if the folder cannot be written to."""
    taken = [] if plan.overwrite else [folder / name for name in layout.names() if (folder / name).exists()]
    check_writable(taken[0] if taken else folder / REPORT, overwrite=plan.overwrite)


def _progress(done: int, total: int, started: float) -> Progress:
    elapsed = time.perf_counter() - started
    return Progress(done, total, elapsed, elapsed * (total - done) / done if done else float("nan"))


class _Export:
    """Writes the files of a study; ``files`` are those that are there."""

    def __init__(self, folder: Path, layout: Layout, study: Study, kept: Collection[str]) -> None:
        """``kept``: names of the results whose masks are not written."""
        self.files = [folder / manifest.MANIFEST]
        self._folder, self._layout, self._study, self._kept = folder, layout, study, kept
        self._plan = study.plan
        self._thumbnails: dict[str, bytes] = {}
        self._drawn: dict[tuple[str, str], DrawnPlot] = {}

    def written(self) -> list[Path]:
        """All files, and the class tables that lie beside masks."""
        layout, there = self._layout, set(self.files)
        masks = [result for result in self._study.results if self._folder / layout.mask(result) in there]
        return [*dict.fromkeys([*self.files, *(self._folder / layout.class_table(result) for result in masks)])]

    def clear(self) -> list[str]:
        """Takes away what only an earlier export had; a sentence if some of it stays, as somebody has changed it."""
        layout, kept = self._layout, [result for result in self._study.results if result.name in self._kept]
        left = [self._folder / name for result in kept for name in (layout.mask(result), layout.class_table(result))]
        stayed = manifest.take_away(self._folder, [*self.written(), *left])
        return [f"Of an earlier export, {listed(stayed)} stayed: changed since, or in use."] if stayed else []

    def steps(self) -> Iterator[Step]:
        """The report comes last and lists what there is."""
        for result in self._study.results:
            yield f"writing the mask of {result.name}", partial(self._write_arrays, result)
            yield f"drawing {result.name}", partial(self._draw, result)
        yield "writing the tables", self._write_tables
        for plot in plots.plots(self._study):
            yield f"plotting {plot.caption}", partial(self._plot, plot)
        yield "writing the report", self._write_report

    def _write_arrays(self, result: Result) -> None:
        size, overwrite = result.scale, self._plan.overwrite
        if result.name not in self._kept:
            self.files.append(self._write_mask(result))
        for kind in MAPS:
            array, path = getattr(result, kind), self._folder / self._layout.map(result, kind)
            if array is not None:
                axes = ("C" if kind == "probability" else "") + "ZYX"[-result.mask.ndim :]
                self.files.append(write_image(path, array, size, axes=axes, overwrite=overwrite))
        for name in self._layout.numbered_classes(result):
            path = self._folder / self._layout.objects(result, name)
            self.files.append(write_image(path, self._numbers(result, name), size, overwrite=overwrite))

    def _write_mask(self, result: Result) -> Path:
        plan, path = self._plan, self._folder / self._layout.mask(result)
        if plan.mask_format is MaskFormat.OME_ZARR:
            picture = result.micrograph or Micrograph.from_array(result.mask, rgb=False)
            named = replace(picture, name=result.name, pixel_size=result.scale)
            return write_mask_folder(path, named, result.mask, plan.classes, overwrite=plan.overwrite)
        form = plan.mask_format
        return write_mask(path, result.mask, plan.classes, result.scale, overwrite=plan.overwrite, form=form)

    def _numbers(self, result: Result, class_name: str) -> npt.NDArray[np.float32]:
        """Numbers of the objects of a class in the mask's shape; float32, since ImageJ knows no larger integers."""
        numbers = np.stack([self._study.objects_in(field, class_name) for field in self._study.fields_of(result)])
        return numbers.reshape(result.mask.shape).astype(np.float32)

    def _draw(self, result: Result) -> None:
        for index, name in enumerate(self._layout.overlays(result)):
            picture = pictures.overlay(result, index, self._plan.classes)
            self._write(name, pictures.png(picture))
            if len(self._thumbnails) < MOST_PICTURES:
                self._thumbnails[result.slice_name(index)] = pictures.thumbnail(picture, _THUMBNAIL)

    def _write_tables(self) -> None:
        found = tables.tables(self._study)
        for name, table in found.items():
            self._write(f"{name}.csv", tables.csv(table))
        cut = [
            ("notice", f"The sheet {name} holds the first rows only; {name}.csv has all.")
            for name in tables.too_long(found)
        ]
        self._write(WORKBOOK, workbook(found, [*record(self._study), *cut]))

    def _plot(self, plot: plots.Plot) -> None:
        rendered = {kind: plots.rendered(plot, kind) for kind in PLOT_KINDS}
        for kind, content in rendered.items():
            self._write(self._layout.plot(plot.name, plot.class_name, kind), content)
        self._drawn[plot.name, plot.class_name] = DrawnPlot(plot.caption, rendered["svg"])

    def _write_report(self) -> None:
        names = [path.relative_to(self._folder).as_posix() for path in self.files]
        self._write(REPORT, report_html(self._study, self._thumbnails, self._drawn, names).encode())

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        with replacing(path, overwrite=self._plan.overwrite) as temporary:
            temporary.write_bytes(content)
        self.files.append(path)
