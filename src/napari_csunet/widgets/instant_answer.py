"""Answers every stroke at once: looks at what is shown in a thread, and keeps one overlay up to date."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.inference.instant_reports import InstantReport, InstantRequest, LabelledMicrograph
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.instant_layer import colour, instant_layer, make_instant_layer, write_answer
from napari_csunet.widgets.instant_overlays import InstantOverlays
from napari_csunet.widgets.layers import classes_of, finest, layer_name, preview_request, source_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts, total
from napari_csunet.widgets.result_layers import WAITS

if TYPE_CHECKING:
    from napari_csunet.inference.instant import InstantAnswers

DRAWING_MS = 30
"""Time for the window to draw a new layer, before a thread takes the processor."""
TICK_MS = 250
PATIENCE_S = 2.0
"""So long the import of torch is left to ``WarmUp``, which does it while nobody uses the window."""
LAST_PIECE = "napari_csunet.training.fine_tuning"
"""What WarmUp loads last; it brings along all that is needed here."""
PIECES = ("torch", "torchvision", "timm", "napari_csunet.inference.instant")
"""What must be loaded otherwise."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """What an answer is about, as the window knows it."""

    micrograph: Image
    pixels: Any
    slice_index: int
    classes: ClassTable

    def fits(self, other: _Asked) -> bool:
        """Whether an answer to this is one to the other."""
        same = (self.micrograph is other.micrograph, self.pixels is other.pixels)
        return all(same) and (self.slice_index, self.classes.values) == (other.slice_index, other.classes.values)


class InstantAnswer(QObject):
    """Call ``refresh`` after each stroke. At most one answer is on its way; ``said`` tells what is happening."""

    said = Signal(str)
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, opened: OpenMicrographs, classes: Callable[[], ClassTable]) -> None:
        super().__init__()
        self._viewer, self._open, self._classes = viewer, opened, classes
        self._enabled, self._is_paused = True, False
        self._counts: Counts = {}
        self._is_due, self._due_since = False, 0.0
        self._asked: _Asked | None = None
        self._looked_at, self._looking_since = "", 0.0
        self._engine: list[InstantAnswers] = []  # one, once it has been loaded
        self._overlays = InstantOverlays(viewer)
        self._overlays.changed.connect(self._answer_again)
        self.background = Background()
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self._on_failed)
        self.background.finished.connect(self._on_finished)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_timer_timeout)
        viewer.dims.events.current_step.connect(self._on_view_changed)
        viewer.layers.selection.events.active.connect(self._on_view_changed)

    def set_enabled(self, enabled: bool) -> None:
        """Switched off, the overlays are hidden and nothing is computed."""
        self._enabled = enabled
        self.show_again()

    def pause(self) -> None:
        """While a training runs, the processor is its own; what was answered stays until its preview comes."""
        self._is_paused = True
        self._answer_again()

    def resume(self) -> None:
        self._is_paused = False
        self._answer_again()

    def refresh(self, counts: Counts) -> None:
        """Somebody painted, or the layers are others: answers again."""
        self._counts = counts
        self._overlays.look_around()
        self._answer_again()

    def show_again(self) -> None:
        """Brings an overlay back that somebody hid, as when another micrograph is chosen."""
        self._overlays.forget_hands()
        self._answer_again()

    def stop(self) -> None:
        """For closing: asks the thread to end, and starts no other."""
        self._is_paused, self._is_due = True, False
        self._timer.stop()
        self.background.stop()

    def disconnect_viewer(self) -> None:
        self._viewer.dims.events.current_step.disconnect(self._on_view_changed)
        self._viewer.layers.selection.events.active.disconnect(self._on_view_changed)
        self._overlays.disconnect_viewer()

    def _on_view_changed(self, event: object = None) -> None:
        """Answers for what is on screen now, if that is something else."""
        shown = self._target()
        if shown is not None and (self._asked is None or not self._asked.fits(self._about(shown))):
            self._answer_again()

    def _target(self) -> Image | None:
        """The micrograph to answer for."""
        return None if self._is_paused else self._visible()

    def _visible(self) -> Image | None:
        """The micrograph whose overlay is shown, if anything is labelled and nothing better is on screen."""
        shown = self._overlays.shown()
        if not self._enabled or shown is None or self._overlays.is_taken_over(shown):
            return None
        return shown if self._open.labelled() else None

    def _answer_again(self) -> None:
        target = self._target()
        self._overlays.show_only(self._visible())
        if self._class_count() < 2:
            self._overlays.clear()
        self._is_due, self._due_since = target is not None, time.monotonic()
        if target is None:
            self._say(self._told_of_pause())
        if self.background.is_running and (target is None or self._looked_at):
            self.background.stop()  # what it has seen is kept
        elif not self.background.is_running and target is not None:
            self._timer.start(DRAWING_MS)

    def _told_of_pause(self) -> str:
        """While a training runs: where the answer is that was there before."""
        shown = self._overlays.shown()
        layer = instant_layer(self._viewer, shown) if shown is not None and self._is_paused else None
        if shown is None or layer is None or not self._enabled or not layer.data.any():
            return ""
        name = layer_name(shown.name, "preview")
        if not layer.visible:
            return f"The instant answer is beneath: hide {name} in the layer list to see it."
        waits = name in self._viewer.layers and self._viewer.layers[name].metadata.get(WAITS)
        return f"Instant answer of before the training{', until the network knows more' if waits else ''}."

    def _class_count(self) -> int:
        return sum(1 for pixels in total(self._counts, list(self._counts)).values() if pixels)

    def _on_timer_timeout(self) -> None:
        self._timer.setInterval(TICK_MS)
        target = self._target()
        if self._looked_at:
            self._say(f"Looking at {self._looked_at}… {time.monotonic() - self._looking_since:.0f} s")
        elif self.background.is_running:
            return
        elif target is None or not self._is_due:
            self._timer.stop()
        elif instant_layer(self._viewer, target) is None:
            make_instant_layer(self._viewer, target, self._classes())  # the thread starts when it has been drawn
            self._overlays.look_around()
        elif self._is_loaded():
            self._start(target)
        else:
            self._say("Getting ready…")

    def _is_loaded(self) -> bool:
        is_loaded = LAST_PIECE in sys.modules or PIECES[-1] in sys.modules
        return is_loaded or time.monotonic() - self._due_since > PATIENCE_S

    def _start(self, target: Image) -> None:
        self._is_due, self._asked = False, self._about(target)
        layers, asked = self._open.layers(), self._asked
        micrographs = tuple(
            LabelledMicrograph(one.name, finest(one), source_of(one).read, self._open.label_values(one))
            for one in layers
        )
        request = InstantRequest(micrographs, layers.index(target), asked.slice_index, asked.classes)
        self.background.start(self._answers, request)

    def _about(self, shown: Image) -> _Asked:
        return _Asked(shown, finest(shown), preview_request(self._viewer, shown, 0).slice_index, self._classes())

    def _answers(self, request: InstantRequest) -> Generator[InstantReport, None, None]:
        """In the thread; can be stopped between the pieces that are loaded."""
        if not self._engine:
            for piece in PIECES:
                yield InstantReport("loading", "")
                deque(load(piece), maxlen=0)
            from napari_csunet.inference.instant import InstantAnswers

            self._engine.append(InstantAnswers())
        yield from self._engine[0].answer(request)

    def _on_reported(self, report: InstantReport) -> None:
        if report.kind == "looking":
            self._looking_since = self._looking_since if self._looked_at else time.monotonic()
            self._looked_at = report.name
            self._timer.start(TICK_MS)
            return
        self._looked_at = ""
        if report.kind == "answer":
            self._show(report)

    def _show(self, report: InstantReport) -> None:
        """Drops an answer about what is not on screen any more."""
        asked, target = self._asked, self._target()
        if asked is None or target is None or report.mask is None or not asked.fits(self._about(target)):
            return
        layer = instant_layer(self._viewer, target)
        if layer is None:
            return
        if classes_of(layer.metadata) != self._classes():
            colour(layer, self._classes())
        write_answer(layer, asked.slice_index, report.mask)
        pixels = f"{report.pixels:,}".replace(",", " ")
        self._say(f"Instant answer from {report.class_count} classes, {pixels} pixels")

    def _on_failed(self, error: Exception) -> None:
        self._is_due = False
        self.failed.emit(error)

    def _on_finished(self) -> None:
        if self._looked_at:
            self._looked_at = ""
            self._say("")
        if self._is_due:
            self._timer.start(DRAWING_MS)

    def _say(self, sentence: str) -> None:
        self.said.emit(sentence)
