"""Mask files to a folder of tables, plots, pictures and a report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from napari_csunet.classes import ClassTable
from napari_csunet.cli.cleaning import cleanings_from, value_of, values_of
from napari_csunet.errors import LabelError, MicrographError
from napari_csunet.export.exporting import ExportReport
from napari_csunet.export.numbers import listed, number_text, plural
from napari_csunet.export.results import ExportPlan, Origin, Result, without_databar
from napari_csunet.export.tables import AREA
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.cleaning import cleaned
from napari_csunet.measurement.field import whole_numbers
from napari_csunet.measurement.instances import cannot_clean, class_mask, is_numbered, object_classes, small_numbers
from napari_csunet.measurement.kind import Kind
from napari_csunet.measurement.kinds import likely_kinds, with_kinds
from napari_csunet.measurement.summary import POOLED, MeasurementPlan
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.pairing import find_files, find_masks, partners
from napari_csunet.micrographs.reading import name_of, read_labels, read_micrograph
from napari_csunet.micrographs.writing import MaskFormat

_TWO_SIDES = re.compile(r"\s*([\d.e+-]+)\s*([a-zµμå]*)\s*[x×*]\s*([\d.e+-]+)\s*([a-zµμå]+)\s*", re.IGNORECASE)
_UNLABELLED_SHARE = 0.01
_NAMED = 3


@dataclass(frozen=True)
class MeasureOptions:
    """The options of ``napari-csunet measure`` as they were typed."""

    masks: Sequence[str]
    images: Sequence[str] = ()
    pixel_size: str | None = None
    classes: str | None = None
    checkpoint: Path | None = None
    particles: Sequence[str] = ()
    layers: Sequence[str] = ()
    grain_boundary: str | None = None
    border: Border = Border.MILES_LANTUEJOUL
    cleaning: Sequence[tuple[str, Sequence[str]]] = ()
    keep_databar: bool = False
    mask_format: MaskFormat = MaskFormat.IMAGEJ
    instances: str | None = None
    title: str | None = None
    overwrite: bool = False


def results_and_plan(options: MeasureOptions) -> tuple[list[Result], ExportPlan]:
    """What ``export_results`` takes. Raises CSUNetError."""
    paths = find_masks(options.masks)
    _check_names(paths)
    size = None if options.pixel_size is None else parse_pixel_size(options.pixel_size)
    images = _images_of(paths, options.images)
    origin = None if options.checkpoint is None else Origin.of(options.checkpoint, is_stated=True)
    given = _given_classes(options.classes, origin, paths)
    numbered = _are_numbered(options, given, paths)
    plan = _plan(options, given or (object_classes(zero=True) if numbered else _classes_in(paths)), origin)
    if numbered and plan.cleanings:
        raise cannot_clean(str(paths[0]))
    results = [_result(path, images.get(path), size, options, plan, numbered=numbered) for path in paths]
    return results, replace(plan, measurement=_measured_as(options, plan, results, numbered=numbered))


def parse_pixel_size(text: str) -> PixelSize:
    """Square pixels as "12.5nm"; height and width, in this order, as "12.5x25nm"."""
    match = _TWO_SIDES.fullmatch(text)
    if match is None:
        return PixelSize.parse(text)
    height, unit_of_height, width, unit = match.groups()
    y, x = PixelSize.parse(f"{height}{unit_of_height or unit}"), PixelSize.parse(f"{width}{unit}")
    return PixelSize(y.y_nm, x.x_nm)


def result_object(last: ExportReport) -> dict[str, Any]:
    """What ``measure --json`` prints."""
    table = last.files_by_name["area_fractions.csv"]
    return {
        "table": str(table),
        "area_fractions": _records(_area_fractions(table)),
        "pooled": _pooled(last),
        "report": str(last.report),
        "files": [str(path) for path in last.files],
        "notices": list(last.notices),
    }


def result_text(last: ExportReport) -> str:
    """The area fractions, and where everything is."""
    table = last.files_by_name["area_fractions.csv"]
    return f"{_area_fractions(table).to_string(index=False)}\n{table}\n{last.report}"


def _area_fractions(path: Path) -> Any:
    import pandas as pd

    table = pd.read_csv(path, dtype={"micrograph": str, "class": str}, keep_default_na=False, na_values=[""])
    return table.rename(columns={AREA: "area_um2"})


def _records(table: Any) -> list[dict[str, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[no-any-return]


def _pooled(last: ExportReport) -> list[dict[str, Any]]:
    if last.measured is None:
        return []
    summary = last.measured.summary
    return _records(summary[summary["micrograph"] == POOLED].drop(columns="micrograph"))


def _check_names(paths: Sequence[Path]) -> None:
    by_name: dict[str, Path] = {}
    for path in paths:
        other = by_name.setdefault(name_of(path), path)
        if other != path:
            raise MicrographError(f"{other} and {path} have the same name. Measure them one after the other.")


def _images_of(paths: Sequence[Path], patterns: Sequence[str]) -> dict[Path, Path]:
    """The micrograph of each mask; those without a mask are told on stderr, once."""
    if not patterns:
        return {}
    found, surplus = partners(paths, find_files(patterns))
    if surplus:
        names = [path.name for path in surplus[:_NAMED]] + (
            [f"{len(surplus) - _NAMED} more"] if surplus[_NAMED:] else []
        )
        typer.echo(f"{plural(len(surplus), 'micrograph')} without a mask, not measured: {listed(names)}.", err=True)
    return found


def _given_classes(text: str | None, origin: Origin | None, paths: Sequence[Path]) -> ClassTable | None:
    """Those that were typed, else those of the checkpoint, else those that the masks carry; None if nobody says."""
    given = ClassTable.parse(text) if text else None
    if origin is not None:
        return _classes_of(origin, given)
    return given or _carried_classes(paths)


def _carried_classes(paths: Sequence[Path]) -> ClassTable | None:
    tables = {path: table for path in paths if (table := classes_of_mask_file(path)) is not None}
    if len(tables) < len(paths):
        return None
    first = tables[paths[0]]
    for path, table in tables.items():
        if [(c.value, c.name) for c in table.classes] != [(c.value, c.name) for c in first.classes]:
            raise LabelError(
                f"{paths[0]} and {path} have different classes. Measure them one after the other, "
                "or name the classes with --classes."
            )
    return first


def _are_numbered(options: MeasureOptions, given: ClassTable | None, paths: Sequence[Path]) -> bool:
    masks = ((str(path), read_labels(path)) for path in paths)
    numbered = is_numbered(masks, given, True if options.instances else None, said_with="--instances")
    if numbered and options.grain_boundary:
        raise LabelError(
            f"The masks number their objects, so no class is the boundary {options.grain_boundary!r}. Leave out "
            "--grain-boundary, or name the classes with --classes."
        )
    return numbered


def _classes_in(paths: Sequence[Path]) -> ClassTable:
    """Every value above 0."""
    masks = [read_labels(path) for path in paths]
    if not any(mask.any() for mask in masks):
        raise LabelError(
            f"{', '.join(path.name for path in paths[:3])}: no mask holds a value above 0. If 0 is a class, list it, "
            'such as --classes "0=matrix,1=pore".'
        )
    return ClassTable.from_labels(masks)


def _classes_of(origin: Origin, given: ClassTable | None) -> ClassTable:
    """Those given, if they are the checkpoint's values."""
    own = origin.provenance.classes
    if given is not None and given.values != own.values:
        raise LabelError(
            f"{origin.file_name} has the classes {', '.join(f'{c.value}={c.name}' for c in own.classes)}, and not the "
            "values of --classes. Leave one of them out."
        )
    return given or own


def _plan(options: MeasureOptions, classes: ClassTable, origin: Origin | None) -> ExportPlan:
    """Without what is measured as what, which the masks may have to tell."""
    measurement = MeasurementPlan(border=options.border)
    plan = ExportPlan(classes, measurement, cleanings_from(options.cleaning, classes), origin, options.mask_format)
    return replace(plan, overwrite=options.overwrite, title=options.title or plan.title)


def _measured_as(
    options: MeasureOptions, plan: ExportPlan, results: Sequence[Result], *, numbered: bool
) -> MeasurementPlan:
    """As typed; a class of which nothing was typed is what it looks like, or the matrix if particles were typed."""
    classes, particles = plan.classes, values_of(options.particles, plan.classes)
    kinds = likely_kinds([whole_numbers(r.mask, r.name) for r in results], classes, numbered=numbered)
    if options.instances is not None:
        kinds |= {value: Kind(options.instances) for value, kind in kinds.items() if kind is not Kind.MATRIX}
    if particles:
        kinds = {value: Kind.PARTICLES if value in particles else Kind.MATRIX for value in classes.values}
    kinds |= dict.fromkeys(values_of(options.layers, classes), Kind.LAYER)
    if options.grain_boundary:
        kinds |= {value_of(options.grain_boundary, classes): Kind.BOUNDARIES}
    return with_kinds(plan.measurement, kinds, classes, numbered=numbered)


def _result(
    path: Path, image: Path | None, size: PixelSize | None, options: MeasureOptions, plan: ExportPlan, *, numbered: bool
) -> Result:
    mask = read_labels(path)
    source = read_micrograph(image or path, size)
    micrograph = source if image else None
    if micrograph is not None and mask.shape != micrograph.mask_shape:
        raise MicrographError(
            f"{path} has shape {mask.shape}, {image} {micrograph.mask_shape}. Give the mask of this micrograph."
        )
    notices = tuple(source.acquisition.notices if source.acquisition else ())
    values, instances = (class_mask(mask), small_numbers(mask)) if numbered else (mask, None)
    result = Result(name_of(path), values, micrograph, source.pixel_size, notices=notices, instances=instances)
    result = _with_word_on_zero(result, plan.classes)
    return _cleaned(result if options.keep_databar else without_databar(result, plan.classes), plan)


def _with_word_on_zero(result: Result, classes: ClassTable) -> Result:
    """A notice where 0, which is no class, is so common that it may be the matrix."""
    share = 0.0 if 0 in classes.values else float(np.mean(result.mask == 0))
    if share < _UNLABELLED_SHARE:
        return result
    notice = (
        f"{result.name}: {number_text(100 * share, 2)} % of the pixels hold 0, which is no class; they are not "
        'measured. If 0 is the matrix, list it: --classes "0=matrix,…".'
    )
    return replace(result, notices=(*result.notices, notice))


def _cleaned(result: Result, plan: ExportPlan) -> Result:
    if not any(c.changes_mask for c in plan.cleanings.values()):
        return result
    mask = cleaned(result.mask, plan.classes, plan.cleanings, result.scale)
    return replace(result, mask=mask, changed_pixels=int(np.count_nonzero(mask != result.mask)))
