"""Whether numbers that are there already are those that an export would find: then nothing is measured twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_csunet.export.results import ExportPlan, Result
from napari_csunet.export.study import Study
from napari_csunet.measurement.summary import correlation_of


def study_of(results: Sequence[Result], plan: ExportPlan, earlier: Study | None) -> Study:
    """The numbers of ``earlier`` if they hold for these results, else new ones.

    Raises CSUNetError if the results do not fit together.
    """
    if earlier is None or not holds_for(earlier, results, plan):
        return Study.of(results, plan)
    study = Study(results, plan, earlier.measured)
    if not plan.measured.correlation or len(earlier.measured.correlation):
        return study
    fields = [field for result in results for field in study.fields_of(result)]
    return replace(study, measured=replace(earlier.measured, correlation=correlation_of(fields, plan.classes)))


def holds_for(study: Study, results: Sequence[Result], plan: ExportPlan) -> bool:
    """Whether measuring these would give the tables of the study, but for the two-point correlation."""
    if not _ask_the_same(study.plan, plan) or len(study.results) != len(results):
        return False
    return all(_are_alike(one, other) for one, other in zip(study.results, results, strict=True))


def _ask_the_same(one: ExportPlan, other: ExportPlan) -> bool:
    """But for the two-point correlation."""
    measured, asked = (replace(plan.measured, correlation=True) for plan in (one, other))
    return one.classes.is_named_like(other.classes) and measured == asked


def _are_alike(one: Result, other: Result) -> bool:
    if (one.name, one.scale) != (other.name, other.scale) or not np.array_equal(one.mask, other.mask):
        return False
    if one.instances is None or other.instances is None:
        return one.instances is other.instances
    return np.array_equal(one.instances, other.instances)
