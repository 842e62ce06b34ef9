"""From masks to the tables that are published: each micrograph, each class, and all micrographs together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from napari_csunet.classes import ClassTable, MicrographClass
from napari_csunet.errors import LabelError, MicrographError
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.correlation import bin_width, correlation_table, count_pairs
from napari_csunet.measurement.field import Field
from napari_csunet.measurement.grains import count_grain_lines, grains_of
from napari_csunet.measurement.intercepts import count_lines
from napari_csunet.measurement.layers import layer_thickness
from napari_csunet.measurement.particles import Labels, object_table
from napari_csunet.measurement.rows import (
    LinesInField,
    ObjectsInField,
    Row,
    grain_rows,
    layer_rows,
    object_rows,
    phase_rows,
)
from napari_csunet.measurement.splitting import split_objects

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

POOLED = "all micrographs"
GRAINS = "grains"


@dataclass(frozen=True)
class MeasurementPlan:
    """What to measure; classes by their values.

    objects: classes that consist of objects, None for all but layers and boundaries. layers: classes that are layers.
    boundary: class of the grain boundaries. instances_are_grains: whether the instance masks are grains that touch.
    split: classes whose touching objects are told apart, and by how much; see ``splitting.split_objects``.
    """

    objects: tuple[int, ...] | None = None
    layers: tuple[int, ...] = ()
    boundary: int | None = None
    instances_are_grains: bool = False
    split: Mapping[int, float] = dataclass_field(default_factory=dict)
    border: Border = Border.MILES_LANTUEJOUL
    correlation: bool = True

    def has_objects(self, value: int) -> bool:
        return value not in (*self.layers, self.boundary) if self.objects is None else value in self.objects

    @property
    def has_grains(self) -> bool:
        return self.boundary is not None or self.instances_are_grains

    def of_class(self, value: int) -> MeasurementPlan:
        """What it says about one class; without grains."""
        return replace(
            self,
            objects=(value,) if self.has_objects(value) else (),
            layers=(value,) if value in self.layers else (),
            split={v: share for v, share in self.split.items() if v == value},
            boundary=None,
            instances_are_grains=False,
        )


@dataclass(frozen=True, eq=False)
class Measurements:
    """Tidy tables; the first columns are micrograph and class.

    summary: quantity, statistic, weighting, value, low, high, unit, method. objects: see ``object_table``, and unit.
    profiles: position and thickness along layers, and unit. correlation: distance, probability, pairs, and unit.
    """

    summary: pd.DataFrame
    objects: pd.DataFrame
    profiles: pd.DataFrame
    correlation: pd.DataFrame


def measure(fields: Sequence[Field], classes: ClassTable, plan: MeasurementPlan | None = None) -> Measurements:
    """Everything in ``plan`` for each field of view and for all of them together, named ``POOLED``.

    Raises CSUNetError if there is no field, if units differ, if two fields have one name, or if the plan names a class
    that the table has not.
    """
    plan = plan or MeasurementPlan()
    _check(fields, classes, plan)
    tables = _Tables(fields)
    if plan.has_grains:
        _measure_grains(tables, plan)
    for c in classes.classes:
        _measure_phase(tables, c, plan)
        if plan.has_objects(c.value):
            _measure_objects(tables, c.name, {f.name: objects_of(f, c.value, plan) for f in fields}, plan.border)
        if c.value in plan.layers:
            _measure_layers(tables, c)
    return tables.joined()


def measure_grains(fields: Sequence[Field], plan: MeasurementPlan) -> Measurements:
    """What ``measure`` says of the grains alone. Raises LabelError if a field has none."""
    tables = _Tables(fields)
    _measure_grains(tables, plan)
    return tables.joined()


def correlation_of(fields: Sequence[Field], classes: ClassTable) -> pd.DataFrame:
    """The two-point correlation alone, as in ``measure``."""
    tables = _Tables(fields)
    for c in classes.classes:
        _correlate(tables, c)
    return tables.joined().correlation


def objects_of(field: Field, value: int, plan: MeasurementPlan) -> Labels:
    """The objects of a class as they are measured, (h, w): their numbers are the labels of the object table.

    Those of an instance mask if there is one, else connected regions, split where the plan says so.
    """
    inside = field.inside(value)
    if field.instances is None:
        return split_objects(inside, plan.split.get(value, 0), field.scale, field.valid)
    labels: Labels = np.where(inside, field.instances, 0)
    return labels


class _Tables:
    """Collects pieces of the four tables."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self.scale = fields[0].scale
        self.summary: list[pd.DataFrame] = []
        self.objects: list[pd.DataFrame] = []
        self.profiles: list[pd.DataFrame] = []
        self.correlation: list[pd.DataFrame] = []

    def summarise(self, class_name: str, parts: Mapping[str, T], rows: Callable[[list[T]], Iterable[Row]]) -> None:
        """Rows of each field, and of all of them."""
        import pandas as pd

        for micrograph, some in _groups(parts).items():
            self.summary.append(_named(pd.DataFrame(rows(some), columns=list(Row._fields)), micrograph, class_name))

    def joined(self) -> Measurements:
        return Measurements(*map(_joined, (self.summary, self.objects, self.profiles, self.correlation)))


def _measure_phase(tables: _Tables, c: MicrographClass, plan: MeasurementPlan) -> None:
    parts = {f.name: LinesInField(f, c.value, count_lines(f.inside(c.value), f.valid, f.scale)) for f in tables.fields}
    tables.summarise(c.name, parts, phase_rows)
    if plan.correlation:
        _correlate(tables, c)


def _correlate(tables: _Tables, c: MicrographClass) -> None:
    width = bin_width(tables.fields)
    pairs = {f.name: count_pairs(f, c.value, width) for f in tables.fields}
    for name, some in _groups(pairs).items():
        table = correlation_table(some).assign(unit=tables.scale.unit)
        tables.correlation.append(_named(table, name, c.name))


def _measure_objects(tables: _Tables, class_name: str, labels: Mapping[str, Labels], border: Border) -> None:
    parts = {f.name: ObjectsInField(f, object_table(labels[f.name], f.scale, f.valid, border)) for f in tables.fields}
    tables.summarise(class_name, parts, object_rows)
    for name, part in parts.items():
        tables.objects.append(_named(part.objects.assign(unit=tables.scale.unit), name, class_name))


def _measure_layers(tables: _Tables, c: MicrographClass) -> None:
    """Micrographs without the layer are left out."""
    layers = {f.name: layer_thickness(f.inside(c.value), f.scale, f.valid) for f in _with_class(tables.fields, c)}
    tables.summarise(c.name, layers, layer_rows)
    for name, layer in layers.items():
        tables.profiles.append(_named(layer.profile.assign(unit=layer.unit), name, c.name))


def _measure_grains(tables: _Tables, plan: MeasurementPlan) -> None:
    grains = {f.name: grains_in(f, plan.boundary) for f in tables.fields}
    lines = {f.name: count_grain_lines(grains[f.name], f.scale) for f in tables.fields}
    tables.summarise(GRAINS, lines, lambda some: grain_rows(some, tables.scale))
    _measure_objects(tables, GRAINS, grains, plan.border)


def grains_in(field: Field, boundary: int | None) -> Labels:
    """Grains (h, w) as they are measured: numbers of the instance mask, or what a class of boundaries encloses."""
    if boundary is not None:
        return grains_of(field, boundary)
    if field.instances is None:
        raise LabelError(f"{field.name} has no instance mask of its grains. Add it, or choose the class of boundaries.")
    grains: Labels = np.where(field.valid, field.instances, 0)
    return grains


def _with_class(fields: Sequence[Field], c: MicrographClass) -> list[Field]:
    found = [field for field in fields if field.inside(c.value).any()]
    if not found:
        raise LabelError(f"No mask holds the layer {c.name} (class {c.value}). Choose the class that is the layer.")
    return found


def _check(fields: Sequence[Field], classes: ClassTable, plan: MeasurementPlan) -> None:
    if not fields:
        raise MicrographError("There is no mask to measure. Choose at least one.")
    units = sorted({field.scale.unit for field in fields})
    if len(units) > 1:
        raise MicrographError(f"The masks are scaled in {' and '.join(units)}. Measure all of them in one unit.")
    names = [field.name for field in fields]
    twice = sorted({name for name in names if names.count(name) > 1 or name == POOLED})
    if twice:
        raise MicrographError(f"The name {twice[0]!r} is used twice. Measure these masks one after the other.")
    boundary = () if plan.boundary is None else (plan.boundary,)
    unknown = sorted({*(plan.objects or ()), *plan.layers, *plan.split, *boundary} - set(classes.values))
    if unknown:
        raise LabelError(f"Class {unknown[0]} is not in the class table, which has {', '.join(classes.class_names)}.")


def _groups(parts: Mapping[str, T]) -> dict[str, list[T]]:
    """Each micrograph alone, then all of them."""
    return {**{name: [part] for name, part in parts.items()}, POOLED: list(parts.values())}


def _named(table: pd.DataFrame, micrograph: str, class_name: str) -> pd.DataFrame:
    table.insert(0, "micrograph", micrograph)
    table.insert(1, "class", class_name)
    return table


def _joined(pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table; empty pieces only lend their columns."""
    import pandas as pd

    filled = [piece for piece in pieces if len(piece)] or list(pieces[:1])
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=["micrograph", "class"])
