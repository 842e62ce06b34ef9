"""What the fold *How good is it?* says in sentences."""

from __future__ import annotations

import math

from napari_csunet.inference.error_map import ErrorMap
from napari_csunet.reports import Interval, Spread
from napari_csunet.training.leave_one_out_reports import LeaveOneOutReport, mean_and_spread
from napari_csunet.widgets.runs import Run

OLD = "Only the mean IoU of {iou} is known: it was made before spreads were kept. Fine-tune again to see them here."
NOT_JUDGED = (
    "It was not judged: too few labels to hold some out. Label more, or a second micrograph, and leave one out."
)
TOO_KIND = "Pixels that it learnt from are among them, which is too kind."
NOT_LEARNT = "The current run learnt from none of them."


def judged_on(run: Run) -> str:
    """Which run it is, on what it was judged, and what not to believe."""
    if run.scores is None:
        told = NOT_JUDGED if run.mean_iou is None else OLD.format(iou=f"{run.mean_iou:.2f}")
        return f"{run.label}. {told}"
    pixels = sum(map(sum, run.scores.confusion))
    kind = "By these pixels the best state was chosen, too, so the figures are a little kind."
    return f"{run.label}. Judged on {run.measured_on}: {pixels:,} pixels{_drawn_from(run.scores.spread)}. {kind}"


def _drawn_from(spread: Spread | None) -> str:
    if spread is None:
        return ""
    places = spread.places if spread.count > 1 else spread.places.removesuffix("s")
    if all(map(math.isnan, spread.mean_iou)):
        return f" in {spread.count} {places}, too few for an interval"
    return f" in {spread.count} {places}"


def interval_told(interval: Interval | None) -> str:
    """Such as "0.81–0.90"."""
    if interval is None or math.isnan(interval[0]):
        return "–"
    return f"{interval[0]:.2f}–{interval[1]:.2f}"


def errors_told(found: ErrorMap, compared: str, learnt: bool) -> str:
    """How many labelled pixels a layer contradicts; ``learnt``: whether it may have learnt from some of them."""
    if not found.judged:
        return f"{compared} says nothing at labelled pixels yet. Predict this micrograph first."
    share = f"{found.wrong / found.judged:.1%}".replace("%", " %")
    told = f"At {found.wrong:,} of {found.judged:,} labelled pixels ({share}), {compared} says something else."
    return f"{told} {TOO_KIND if learnt else NOT_LEARNT} Labels and masks are hidden meanwhile."


def left_out_told(report: LeaveOneOutReport) -> str:
    """What is going on, and in the end what came out."""
    if not report.is_final:
        return " · ".join(filter(None, [f"Learning without {report.name}", report.progress.time_left]))
    mean, spread = mean_and_spread(report.results)
    return (
        f"On a micrograph that it has not seen, expect a mean IoU of {mean:.2f} ± {spread:.2f} "
        f"(mean and standard deviation over {len(report.results)} micrographs)."
    )
