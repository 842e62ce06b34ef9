"""Checks labels in a thread before they train; at most one check is on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.training.checks import LabelChecks
from napari_csunet.training.finding import Finding
from napari_csunet.training.painted import Painted
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.layers import finest, source_of
from napari_csunet.widgets.misplaced_labels import misplaced_labels
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts, total


@dataclass(frozen=True, eq=False)
class CheckRequest:
    """What is to be checked, see ``LabelChecks``, and what has been ``found`` without looking at pixels."""

    painted: Sequence[Painted]
    classes: ClassTable
    counts: Mapping[int, int]
    found: tuple[Finding, ...] = ()
    exclude_databar: bool = True


def check_request(
    viewer: ViewerModel, opened: OpenMicrographs, layers: Sequence[Image], classes: ClassTable, counts: Counts
) -> CheckRequest:
    """What is painted now on those of the ``layers`` that have labels."""
    labelled = [layer for layer in layers if any(counts.get(layer.name, {}).values())]
    painted = [
        Painted(layer.name, finest(layer), source_of(layer).read, opened.label_values(layer)) for layer in labelled
    ]
    found = (one for layer in layers for one in misplaced_labels(viewer, layer, opened.labels_of(layer)))
    return CheckRequest(painted, classes, total(counts, list(counts)), tuple(found))


class LabelCheck(QObject):
    """Call ``refresh`` whenever strokes have been counted; ``found`` tells all findings, if they are others."""

    found = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._checks = LabelChecks()
        self._due: CheckRequest | None = None
        self._asked: CheckRequest | None = None
        self._told: tuple[Finding, ...] = ()
        self.background = Background()
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self._start)

    def refresh(self, request: CheckRequest) -> None:
        self._due = request
        if not self.background.is_running:
            self._start()

    def drop_painted(self, counts: Mapping[int, int]) -> None:
        """While nothing is checked: classes that were without labels may have some by now."""
        left = tuple(one for one in self._told if one.micrograph is not None or not counts.get(one.value or 0))
        if left != self._told:
            self._told = left
            self.found.emit(left)

    def stop(self) -> None:
        """For closing: asks the thread to end, and starts no other."""
        self._due = None
        self.background.stop()

    def _start(self) -> None:
        request, self._due = self._due, None
        if request is not None:
            self._asked = request
            self.background.start(
                self._checks.findings,
                request.painted,
                request.classes,
                request.counts,
                exclude_databar=request.exclude_databar,
            )

    def _on_reported(self, findings: tuple[Finding, ...] | None) -> None:
        """Each micrograph is reported with None, so that the thread can be stopped."""
        if findings is None or self._asked is None:
            return
        told = (*self._asked.found, *findings)
        if told != self._told:
            self._told = told
            self.found.emit(told)
