"""Shows on the canvas what a clean-up would do, applies it when asked to, and takes it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.errors import LabelError
from napari_csunet.export.numbers import plural
from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.clean_up_work import CleanedMask, Counts, clean_masks
from napari_csunet.widgets.layers import Role, finest, role_of
from napari_csunet.widgets.mask_cleaning import CleanUps, cleaning_of, remember_cleaning
from napari_csunet.widgets.mask_labels import MaskLabels
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_sources import mask_sources, micrograph_of
from napari_csunet.widgets.result_layers import class_features, colormap_of
from napari_csunet.widgets.stand_in import stand_in_note

PREVIEW: Role = "cleaned"
SUFFIX = f" · {PREVIEW}"
OPACITY = 0.6
WAIT_MS = 200


@dataclass(frozen=True, eq=False)
class _Task:
    """A clean-up that is shown or applied. pixels: the arrays of the masks when it began."""

    masks: list[Layer]
    settings: CleanUps
    choices: MeasureChoices
    is_preview: bool
    pixels: tuple[Any, ...] = ()

    def is_outdated(self, index: int) -> bool:
        """Whether a mask got other pixels meanwhile, as by a new prediction; painting does not count."""
        return self.masks[index].data is not self.pixels[index]


class CleanUpRun(QObject):
    """``said``: a sentence for the user. ``applied``: masks have changed, by a clean-up or by taking one back."""

    said = Signal(str)
    failed = Signal(object)
    applied = Signal()

    def __init__(self, viewer: ViewerModel, cover_of: Callable[[Layer], Layer | None]) -> None:
        """``cover_of``: the layer that stands for a mask on screen, such as its objects in colours, if there is one."""
        super().__init__()
        self._viewer, self._cover_of = viewer, cover_of
        self._wanted: _Task | None = None  # as soon as nothing runs
        self._task: _Task | None = None  # what runs now
        self._hidden: Layer | None = None  # the mask that the preview stands for
        self._cover: Layer | None = None  # what stood for that mask before
        self._changed = 0
        self._counts: dict[str, tuple[int, int]] = {}
        self._skipped: list[str] = []  # masks that were replaced while they were being cleaned
        self._background = Background()
        self._background.reported.connect(self._on_background_reported)
        self._background.failed.connect(self._on_background_failed)
        self._background.finished.connect(self._on_background_finished)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._start_wanted)

    def preview(self, masks: Sequence[Layer], settings: CleanUps, choices: MeasureChoices) -> None:
        """Shows the one of some masks that is on screen as it would be; nothing to do or no mask: as it is."""
        shown = [one for one in masks if one.visible or one is self._hidden or self._cover_of(one) is not None]
        if not shown or not settings:
            self.hide()
            self.said.emit("Bring a checked mask on screen to see what would change." if masks and settings else "")
            return
        self._want(_Task([shown[-1]], settings, choices, is_preview=True))

    def apply(self, masks: Sequence[Layer], settings: CleanUps, choices: MeasureChoices) -> None:
        """Changes the masks; what an earlier clean-up did to them is taken back first."""
        for mask in masks:
            if mask.multiscale or not isinstance(mask.data, np.ndarray):
                error = f"{mask.name} is read from disk piece by piece and cannot be changed. Save it as one picture."
                self.failed.emit(LabelError(error))
                return
        self._want(_Task(list(masks), settings, choices, is_preview=False))
        if self._task is not None and self._task.is_preview:
            self._background.stop()
        self._start_wanted()

    def undo(self, masks: Sequence[Layer]) -> None:
        """Brings the masks back to what they were; what was painted since stays."""
        self._wanted = self._task = None
        self._background.stop()
        for mask in masks:
            done = cleaning_of(mask)
            if done is not None:
                _set_pixels(mask, done.undone(mask.data))
                remember_cleaning(mask, None)
        self.hide()
        self._uncover(masks)
        self.said.emit("The masks are as they were.")
        self.applied.emit()

    def hide(self) -> None:
        """Shows the mask again instead of its preview."""
        if self._wanted is not None and self._wanted.is_preview:
            self._wanted = None
        for layer in self._viewer.layers:
            if _is_preview(layer):
                layer.visible = False
        self._show_hidden()

    def _show_hidden(self) -> None:
        (hidden, self._hidden), (cover, self._cover) = (self._hidden, None), (self._cover, None)
        if hidden is None:
            return
        hidden.events.data.disconnect(self._on_hidden_data)
        shown = cover if cover is not None and cover in self._viewer.layers else hidden
        if hidden in self._viewer.layers:
            shown.visible = True

    def _uncover(self, masks: Sequence[Layer]) -> None:
        """Shows masks that have changed instead of what they were."""
        for mask in masks:
            cover = self._cover_of(mask)
            if cover is not None:
                cover.visible, mask.visible = False, True

    def _on_hidden_data(self, event: object = None) -> None:
        """The mask has been replaced, as by a new prediction: it is shown, not the preview of the old one."""
        self.hide()
        self.said.emit("")

    def look_around(self) -> None:
        """Layers have gone: a preview goes with its mask."""
        if self._hidden is not None and self._hidden not in self._viewer.layers:
            self.hide()

    def close(self, seconds: float) -> bool:
        self._timer.stop()
        self._wanted = None
        return end_all((self._background,), seconds)

    def _want(self, task: _Task) -> None:
        """After a moment; no preview takes the place of what is to be applied."""
        if self._wanted is None or self._wanted.is_preview or not task.is_preview:
            self._wanted = task
            self._timer.start()

    def _start_wanted(self) -> None:
        if self._wanted is None or self._background.is_running:
            return
        wanted, self._wanted = self._wanted, None
        masks = [mask for mask in wanted.masks if mask in self._viewer.layers]
        if masks:
            pixels = tuple(mask.data for mask in masks)
            self._task = replace(wanted, masks=masks, pixels=pixels)
            self._changed, self._counts, self._skipped = 0, {}, []
            self._background.start(clean_masks, mask_sources(self._viewer, masks), wanted.settings, wanted.choices)

    def _on_background_reported(self, cleaned: CleanedMask) -> None:
        if self._task is None or self._task.masks[cleaned.index] not in self._viewer.layers:
            return
        mask = self._task.masks[cleaned.index]
        if self._task.is_outdated(cleaned.index) and self._task.is_preview:
            self._want(self._task)
        elif self._task.is_outdated(cleaned.index):
            self._skipped.append(str(mask.name))
        elif not self._task.is_preview:
            self._apply(mask, cleaned)
        elif self._wanted is None:
            self._show(mask, cleaned)

    def _apply(self, mask: Layer, cleaned: CleanedMask) -> None:
        before = cleaning_of(mask)
        _set_pixels(mask, cleaned.done.applied(before.undone(mask.data) if before else mask.data))
        remember_cleaning(mask, cleaned.done)
        self._changed += cleaned.done.changed_pixels
        for name, (old, new) in cleaned.counts.items():
            sums = self._counts.get(name, (0, 0))
            self._counts[name] = sums[0] + old, sums[1] + new

    def _on_background_failed(self, error: Exception) -> None:
        self._task = None
        self.failed.emit(error)

    def _on_background_finished(self) -> None:
        task, self._task = self._task, None
        if task is not None and not task.is_preview:
            self.hide()
            self._uncover(task.masks)
            self.said.emit(self._outcome(task))
            self.applied.emit()
        if self._wanted is not None:
            self._timer.start()

    def _outcome(self, task: _Task) -> str:
        masks = f"{len(task.masks)} masks" if len(task.masks) > 1 else str(task.masks[0].name)
        if self._skipped:
            return (
                f"{', '.join(self._skipped)}: replaced while being cleaned, so not cleaned. Look at it and apply again."
            )
        changed = f"{_pixels(self._changed)} changed in {masks}." if self._changed else f"No pixel changed in {masks}."
        return " ".join([changed, *_counts_told(self._counts, "became"), "Undo brings back what was."])

    def _show(self, mask: Layer, cleaned: CleanedMask) -> None:
        layer: Any = next((one for one in self._viewer.layers if _is_preview(one)), None)
        if layer is None or layer.data.shape != finest(mask).shape:
            if layer is not None:
                self._viewer.layers.remove(layer)
            layer = self._added(mask, cleaned)
        else:
            layer.data = cleaned.shown
        layer.name, layer.metadata = f"{mask.name}{SUFFIX}", self._note(mask)
        layer.scale, layer.translate, layer.units = mask.scale, mask.translate, mask.units
        layer.colormap, layer.features = colormap_of(cleaned.classes), class_features(cleaned.classes)
        self._hide(mask)
        layer.visible = True
        changed = cleaned.done.changed_pixels
        share = 100 * changed / max(1, layer.data.size)
        pixels = f"{_pixels(changed)} of {mask.name} would change ({share:.2g} %)."
        self.said.emit(" ".join([pixels, *_counts_told(cleaned.counts, "would become")]))

    def _hide(self, mask: Layer) -> None:
        """The mask and what stands for it, as long as the preview is shown."""
        if self._hidden is not mask:
            self._show_hidden()
            self._hidden = mask
            mask.events.data.connect(self._on_hidden_data)
        cover = self._cover_of(mask)
        if cover is not None:
            self._cover, cover.visible = cover, False
        mask.visible = False

    def _added(self, mask: Layer, cleaned: CleanedMask) -> Labels:
        place = {name: getattr(mask, name) for name in ("scale", "translate", "units")}
        layer = Labels(cleaned.shown, opacity=OPACITY, metadata=self._note(mask), **place)
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(self._viewer.layers.index(mask) + 1, layer)
        self._viewer.layers.selection.active = active
        return layer

    def _note(self, mask: Layer) -> dict[str, Any]:
        return stand_in_note(PREVIEW, micrograph_of(self._viewer, mask))


def _set_pixels(mask: Layer, pixels: Any) -> None:
    if isinstance(mask, MaskLabels):
        mask.set_cleaned(pixels)
    else:
        mask.data = pixels


def _is_preview(layer: Layer) -> bool:
    return role_of(layer) == PREVIEW


def _counts_told(counts: Counts, verb: str) -> Iterator[str]:
    """A sentence for each class whose number of objects changes."""
    for name, (before, after) in counts.items():
        if before != after:
            yield f"{name}: {plural(before, 'object')} {verb} {after}."


def _pixels(count: int) -> str:
    return f"{count:,} px".replace(",", "\u202f")
