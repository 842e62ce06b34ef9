"""Results, plan and measurements together: where everything that is written looks its numbers up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.export.numbers import interval_text, number_text, plural, scale_text
from napari_csunet.export.results import ExportPlan, Origin, Result
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.field import Field, fields_of
from napari_csunet.measurement.kind import Kind
from napari_csunet.measurement.particles import connected_objects
from napari_csunet.measurement.rows import Row
from napari_csunet.measurement.scale import Scale, common_unit
from napari_csunet.measurement.summary import GRAINS, POOLED, Measurements, grains_in, measure, objects_of

if TYPE_CHECKING:
    import pandas as pd

_SCALES_NAMED = 4
_ABSENT = Row("", "", "", float("nan"), float("nan"), float("nan"), "", "")


@dataclass(frozen=True, eq=False)
class Study:
    """What a folder is about."""

    results: Sequence[Result]
    plan: ExportPlan
    measured: Measurements

    @classmethod
    def of(cls, results: Sequence[Result], plan: ExportPlan) -> Study:
        """Measures; raises CSUNetError if the results do not fit together."""
        fields = [field for result in results for field in _fields(result, results, plan)]
        return cls(results, plan, measure(fields, plan.classes, plan.measured))

    def fields_of(self, result: Result) -> list[Field]:
        """The slices of a result as they are measured."""
        return _fields(result, self.results, self.plan)

    @property
    def classes(self) -> ClassTable:
        return self.plan.classes

    def objects_in(self, field: Field, class_name: str) -> npt.NDArray[np.integer]:
        """Numbers (h, w) of the objects of a class, or of the grains, as in the table of objects; 0 elsewhere."""
        plan = self.plan.measured
        if class_name == GRAINS and plan.has_grains:
            return grains_in(field, plan.boundary)
        value = next(c.value for c in self.classes.classes if c.name == class_name)
        return objects_of(field, value, plan)

    @property
    def fields(self) -> list[str]:
        """Names of the fields of view: micrographs, or slices of stacks."""
        return [result.slice_name(i) for result in self.results for i in range(len(result.slices))]

    @property
    def origins(self) -> list[tuple[Origin | None, list[str]]]:
        """What made the masks, None where that is not recorded, each with the names of these results."""
        made: dict[str, tuple[Origin | None, list[str]]] = {}
        for result in self.results:
            origin = self.plan.origin or result.origin
            made.setdefault(origin.sha256 if origin else "", (origin, []))[1].append(result.name)
        return list(made.values())

    @property
    def notices(self) -> list[str]:
        """What the reader should know, one sentence each."""
        scales = list(dict.fromkeys(scale_text(result.scale) for result in self.results))
        named = ", ".join(scales[:_SCALES_NAMED]) + (", …" if len(scales) > _SCALES_NAMED else "")
        mixed = (
            f"The pixel sizes differ ({named}): what the finest micrographs show may be too small for the others, or a "
            "size may be wrong."
        )
        own = [notice for result in self.results for notice in result.notices]
        mixes = [mixed] if len(scales) > 1 else []
        return [*self.plan.notices, *mixes, *own, *self._without_guard_frame, *self._splits]

    def kind(self, value: int) -> Kind:
        """What a class is measured as."""
        plan = self.plan.measured
        if value in plan.layers or value == plan.boundary:
            return Kind.LAYER if value in plan.layers else Kind.BOUNDARIES
        return self.plan.kinds.get(value, Kind.PARTICLES if plan.has_objects(value) else Kind.MATRIX)

    @cached_property
    def _splits(self) -> list[str]:
        """What telling touching objects apart has done."""
        plan = self.plan.measured
        split = [c for c in self.classes.classes if plan.split.get(c.value) and plan.has_objects(c.value)]
        if not split or any(result.instances is not None for result in self.results):
            return []
        fields = [field for result in self.results for field in self.fields_of(result)]
        before = [sum(int(connected_objects(f.inside(c.value)).max(initial=0)) for f in fields) for c in split]
        return [self._split_sentence(c.name, n, plan.split[c.value]) for c, n in zip(split, before, strict=True)]

    def _split_sentence(self, name: str, before: int, share: float) -> str:
        after = self.row("count", "all objects", name).value
        became = f"{plural(before, 'region')} became {plural(int(after), 'object')}" if after > before else "none was"
        return f"{name}: touching objects were cut where narrower than {share:g} of the smaller part: {became}."

    @property
    def _without_guard_frame(self) -> list[str]:
        if self.plan.measured.border is not Border.GUARD_FRAME:
            return []
        found = [name for name in self.classes.class_names if self.row("count", "all objects", name).value > 0]
        return [
            f"No object of {name} is counted: the largest leaves no room for a guard frame. Where that matters, use "
            "the Miles-Lantuéjoul correction."
            for name in found
            if not self.row("count", "counted", name).value
        ]

    @property
    def object_classes(self) -> list[str]:
        """Names of classes, or grains, of which objects were counted."""
        names = dict.fromkeys([*self.classes.class_names, GRAINS])
        return [name for name in names if self.row("count", "counted", name).value > 0]

    @property
    def layer_classes(self) -> list[str]:
        """Names of the classes whose thickness was measured."""
        profiles = self.measured.profiles
        return [str(name) for name in profiles["class"].unique()] if len(profiles) else []

    def row(self, quantity: str, statistic: str, class_name: str, weighting: str = "", micrograph: str = POOLED) -> Row:
        """One number; NaN if it was not measured."""
        return self._rows.get((micrograph, class_name, quantity, statistic, weighting), _ABSENT)

    def text(
        self, quantity: str, statistic: str, class_name: str, weighting: str = "", micrograph: str = POOLED
    ) -> str:
        """One number with its interval, without its unit."""
        row = self.row(quantity, statistic, class_name, weighting, micrograph)
        return interval_text(row.value, row.low, row.high) if np.isfinite(row.low) else number_text(row.value)

    def counted_objects(self, class_name: str) -> pd.DataFrame:
        """Rows of the object table that count, of all micrographs."""
        table = self.measured.objects
        if not len(table):
            return table
        chosen: pd.DataFrame = table[(table["class"] == class_name) & (table["weight"] > 0)]
        return chosen

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], Row]:
        names = ["micrograph", "class", *Row._fields]
        tuples = self.measured.summary[names].itertuples(index=False, name=None)
        return {(m, c, row[0], row[1], row[2]): Row(*row) for m, c, *row in tuples}


def _fields(result: Result, results: Sequence[Result], plan: ExportPlan) -> list[Field]:
    unit = common_unit([one.scale for one in results])
    fields = fields_of(result.name, result.mask, plan.classes, Scale.of(result.scale, unit))
    if result.instances is None:
        return fields
    slices = result.instances if result.instances.ndim == 3 else result.instances[None]
    return [replace(field, instances=numbers) for field, numbers in zip(fields, slices, strict=True)]
