"""Mask files to a folder of tables, plots, pictures and a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from napari_csunet.classes import ClassTable
from napari_csunet.cli.cleaning import cleanings_from, value_of, values_of
from napari_csunet.cli.mask_meaning import Meaning, ReadMask, meaning_of
from napari_csunet.cli.options import Reading
from napari_csunet.errors import LabelError, MicrographError
from napari_csunet.export.exporting import ExportReport
from napari_csunet.export.numbers import listed, number_text, plural
from napari_csunet.export.results import ExportPlan, Origin, Result, without_databar
from napari_csunet.export.tables import AREA
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.cleaning import cleaned
from napari_csunet.measurement.field import whole_numbers
from napari_csunet.measurement.instances import cannot_clean, class_mask, small_numbers
from napari_csunet.measurement.kind import Kind
from napari_csunet.measurement.kinds import likely_kinds, with_kinds
from napari_csunet.measurement.summary import POOLED, MeasurementPlan
from napari_csunet.measurement.typed_size import parse_pixel_size
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.pairing import find_files, find_masks, pairing_key, partners
from napari_csunet.micrographs.reading import name_of, read_micrograph
from napari_csunet.micrographs.writing import MaskFormat

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
    values: Reading = "found"
    title: str | None = None
    overwrite: bool = False


def results_and_plan(options: MeasureOptions) -> tuple[list[Result], ExportPlan]:
    """What ``export_results`` takes. Raises CSUNetError."""
    paths = find_masks(options.masks)
    _check_names(paths)
    size = None if options.pixel_size is None else parse_pixel_size(options.pixel_size)
    images = _images_of(paths, options.images)
    origin = None if options.checkpoint is None else Origin.of(options.checkpoint, is_stated=True)
    masks = [ReadMask.of(path, name) for path, name in zip(paths, _names(paths, images), strict=True)]
    meaning = _meaning(options, masks, origin)
    plan = _plan(options, meaning, origin)
    if meaning.numbered and plan.cleanings:
        raise cannot_clean(str(paths[0]))
    results = [_result(mask, images.get(mask.path), size, options, plan, numbered=meaning.numbered) for mask in masks]
    kinds = _kinds(options, plan, results, numbered=meaning.numbered)
    measurement = with_kinds(plan.measurement, kinds, plan.classes, numbered=meaning.numbered)
    return results, replace(plan, measurement=measurement, kinds=kinds)


def result_object(last: ExportReport) -> dict[str, Any]:
    """What ``measure --json`` prints."""
    table = last.files_by_name["area_fractions.csv"]
    return {
        "table": str(table),
        "area_fractions": _records(_area_fractions(table)),
        "pooled": _pooled(last),
        "report": str(last.report),
        "classes": _records(_table(last.files_by_name["classes.csv"])),
        "files": [str(path) for path in last.files],
        "notices": list(last.notices),
    }


def result_text(last: ExportReport) -> str:
    """The area fractions, and where everything is."""
    table = last.files_by_name["area_fractions.csv"]
    return f"{_area_fractions(table).to_string(index=False)}\n{table}\n{last.report}"


def _area_fractions(path: Path) -> Any:
    return _table(path).rename(columns={AREA: "area_um2"})


def _table(path: Path) -> Any:
    import pandas as pd

    text = dict.fromkeys(("micrograph", "class", "name"), str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])


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


def _names(paths: Sequence[Path], images: Mapping[Path, Path]) -> list[str]:
    """As in the window: without a "_mask" or its like at the end, unless two masks would share a name."""
    keys = [name_of(images[path]) if path in images else pairing_key(path) for path in paths]
    names = [key if keys.count(key) == 1 else name_of(path) for key, path in zip(keys, paths, strict=True)]
    return names if len(set(names)) == len(names) else [name_of(path) for path in paths]


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


def _meaning(options: MeasureOptions, masks: Sequence[ReadMask], origin: Origin | None) -> Meaning:
    said, said_with = _said_numbered(options), "--instances" if options.instances else "--values"
    meaning = meaning_of(masks, options.classes, origin, said, said_with=said_with)
    if meaning.numbered and options.grain_boundary:
        raise LabelError(
            f"The masks number their objects, so no class is the boundary {options.grain_boundary!r}. Leave out "
            "--grain-boundary, or name the classes with --classes."
        )
    return meaning


def _said_numbered(options: MeasureOptions) -> bool | None:
    """Whether the masks number their objects, as typed; None if nobody says."""
    if options.instances and options.values == "classes":
        raise LabelError(
            f"--instances {options.instances} says that the masks number their objects, and --values classes that "
            "they do not. Leave out one of the two."
        )
    return True if options.instances else {"classes": False, "objects": True}.get(options.values)


def _plan(options: MeasureOptions, meaning: Meaning, origin: Origin | None) -> ExportPlan:
    """Without what is measured as what, which the masks may have to tell."""
    measurement, classes = MeasurementPlan(border=options.border), meaning.classes
    plan = ExportPlan(classes, measurement, cleanings_from(options.cleaning, classes), origin, options.mask_format)
    notices = (meaning.words,) if meaning.words else ()
    return replace(plan, overwrite=options.overwrite, title=options.title or plan.title, notices=notices)


def _kinds(options: MeasureOptions, plan: ExportPlan, results: Sequence[Result], *, numbered: bool) -> dict[int, Kind]:
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
    return kinds


def _result(
    mask: ReadMask,
    image: Path | None,
    size: PixelSize | None,
    options: MeasureOptions,
    plan: ExportPlan,
    *,
    numbered: bool,
) -> Result:
    source, values = read_micrograph(image or mask.path, size), mask.values
    micrograph = source if image else None
    if micrograph is not None and values.shape != micrograph.mask_shape:
        raise MicrographError(
            f"{mask.path} has shape {values.shape}, {image} {micrograph.mask_shape}. Give the mask of this micrograph."
        )
    notices = tuple(source.acquisition.notices if source.acquisition else ())
    classes, instances = (class_mask(values), small_numbers(values)) if numbered else (values, None)
    result = Result(mask.name, classes, micrograph, source.pixel_size, notices=notices, instances=instances)
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
