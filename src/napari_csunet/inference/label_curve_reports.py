"""Whether one more labelled micrograph would help: what is reported, and in which words. Knows no torch, no window."""

from __future__ import annotations

from dataclasses import dataclass

from napari_csunet.reports import Progress

FEWEST = 2
RISE = 0.02
"""A smaller change of the mean IoU means nothing."""
ESTIMATE = "This is an estimate by the instant answer, not by your network."


@dataclass(frozen=True)
class CurvePoint:
    """Mean IoU on labelled micrographs that were not learnt from, after learning from so many."""

    micrographs: int
    mean_iou: float


@dataclass(frozen=True)
class LabelCurve:
    """Points for 1, 2, … micrographs; ``of`` is how many labelled ones took part."""

    points: tuple[CurvePoint, ...]
    of: int

    @property
    def verdict(self) -> str:
        """What the last step of the curve means, in plain words."""
        last = self.points[-1]
        if len(self.points) == 1:
            return (
                f"With {last.micrographs} micrograph it reached a mean IoU of {last.mean_iou:.2f} on the other. "
                f"A third one would show whether it rises. {ESTIMATE}"
            )
        before = self.points[-2]
        steps = f"With {last.micrographs} instead of {before.micrographs} micrographs"
        figures = f"from {before.mean_iou:.2f} to {last.mean_iou:.2f}"
        if last.mean_iou - before.mean_iou >= RISE:
            return f"{steps} it rose {figures}: one more will probably help. {ESTIMATE}"
        if before.mean_iou - last.mean_iou >= RISE:
            return f"{steps} it fell {figures}: they differ much, or their labels contradict each other. {ESTIMATE}"
        return f"It has levelled off ({figures} {steps[0].lower()}{steps[1:]}): correct errors instead. {ESTIMATE}"


@dataclass(frozen=True)
class LabelCurveReport:
    """One moment; the last one has the ``curve``."""

    progress: Progress
    curve: LabelCurve | None = None
