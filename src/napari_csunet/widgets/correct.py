"""The *Correct* fold at work: turns masks into labels, lends the magic wand, takes changes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels
from qtpy.QtCore import QObject

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError, LabelError
from napari_csunet.inference.class_translation import in_label_values, label_values
from napari_csunet.inference.correction import taken_over
from napari_csunet.widgets.correct_layout import CERTAIN, REGION, SUPERPIXEL, CorrectForm, pixels_text
from napari_csunet.widgets.correct_regions import draw_region, inside_regions
from napari_csunet.widgets.correct_target import (
    chosen_micrograph,
    labels_for,
    labels_to_correct,
    mask_of,
    paint,
    shown_place,
)
from napari_csunet.widgets.layers import classes_of, finest
from napari_csunet.widgets.magic_wand import MagicWand, WandSettings
from napari_csunet.widgets.predicted import predicted_of


class Correct(QObject):
    """Owns the wand; ``refresh`` after layers came or went."""

    def __init__(
        self, viewer: ViewerModel, form: CorrectForm, classes: Callable[[ClassTable | None], ClassTable]
    ) -> None:
        """``classes``: those of new labels, asked with those of the mask if there is one."""
        super().__init__()
        self._viewer, self._form, self._classes = viewer, form, classes
        self._shown: Image | None = None
        self._taken: _Taken | None = None  # what the status line tells of
        self.wand = MagicWand(viewer, self._wand_settings, self._classes_for)
        self.wand.said.connect(form.status.say)
        self.wand.failed.connect(form.status.say_error)
        self.wand.switched.connect(form.wand.setChecked)
        form.take_where.currentIndexChanged.connect(self.refresh)
        form.take.clicked.connect(self._on_take_clicked)
        form.draw.clicked.connect(self._on_draw_clicked)
        form.wand.toggled.connect(self._on_wand_toggled)
        form.undo.clicked.connect(self._on_undo_clicked)
        viewer.layers.selection.events.active.connect(self.refresh)

    def disconnect_viewer(self) -> None:
        self._viewer.layers.selection.events.active.disconnect(self.refresh)
        self._say("")
        self.wand.disconnect_viewer()

    def refresh(self, event: object = None) -> None:
        """Enables what can be done now."""
        self.wand.forget_closed()
        micrograph = chosen_micrograph(self._viewer)
        labels = None if micrograph is None else labels_for(self._viewer, micrograph)
        if micrograph is not self._shown:
            self._shown = micrograph
            self._say("")
        self._form.show_state(
            has_micrograph=micrograph is not None, hint=self._obstacle(micrograph), can_undo=labels is not None
        )

    def _obstacle(self, micrograph: Image | None) -> str:
        """What keeps a mask from becoming labels, as a request; empty if nothing does."""
        if micrograph is None:
            return "Bring a micrograph on screen"
        mask = mask_of(self._viewer, micrograph)
        if mask is None:
            return f"Predict {micrograph.name} first"
        predicted = predicted_of(mask)
        if self._form.take_where.currentText() == CERTAIN and (predicted is None or not predicted.knows_sureness):
            return f"Predict {micrograph.name} again to know where it is certain"
        return ""

    def _classes_for(self, micrograph: Image) -> ClassTable:
        """Of a new label layer."""
        mask = mask_of(self._viewer, micrograph)
        return self._classes(classes_of(mask.metadata) if mask is not None else None)

    def _wand_settings(self) -> WandSettings:
        return WandSettings(self._form.follow.currentText() == SUPERPIXEL, int(self._form.width_px.value()))

    def _on_take_clicked(self) -> None:
        micrograph = chosen_micrograph(self._viewer)
        mask = None if micrograph is None else mask_of(self._viewer, micrograph)
        if micrograph is None or mask is None:
            self.refresh()
            return
        try:
            self._take(micrograph, mask)
        except CSUNetError as error:
            self._form.status.say_error(error)
        self.refresh()

    def _take(self, micrograph: Image, mask: Labels) -> None:
        place = shown_place(self._viewer, micrograph)
        values = np.asarray(finest(mask)[place])
        inside = self._inside(micrograph, mask, place, values)
        labels = labels_to_correct(self._viewer, micrograph, lambda: self._classes_for(micrograph))
        of_mask, of_labels = classes_of(mask.metadata), classes_of(labels.metadata)
        targets = _label_values(mask, of_mask, labels, of_labels or self._classes(of_mask))
        wanted = in_label_values(values, targets)
        taken = taken_over(np.asarray(labels.data[place]), wanted, targets.values(), inside)
        paint(labels, place, taken, wanted[taken].astype(labels.data.dtype))
        self._say(_said(int(taken.sum()), str(micrograph.name)), _Taken.of(labels, place, taken))

    def _say(self, text: str, taken: _Taken | None = None) -> None:
        """``taken``: the pixels that it is about, until they are taken back."""
        if self._taken is not None:
            self._taken.labels.events.set_data.disconnect(self._on_labels_changed)
        self._taken = taken
        if taken is not None:
            taken.labels.events.set_data.connect(self._on_labels_changed)
        self._form.status.say(text)

    def _on_labels_changed(self, event: object = None) -> None:
        if self._taken is not None and self._taken.is_undone:
            self._say("")

    def _inside(
        self, micrograph: Image, mask: Labels, place: Any, values: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.bool_] | None:
        """Where the mask is wanted; None for everywhere."""
        where, predicted = self._form.take_where.currentText(), predicted_of(mask)
        if where == CERTAIN and predicted is not None:
            return predicted.certain(place, values, self._form.threshold)
        if where != REGION:
            return None
        inside = inside_regions(self._viewer, micrograph, place)
        if not inside.any():
            raise LabelError(f"No region is drawn on {micrograph.name}. Click Draw, then the corners of a region.")
        return inside

    def _on_draw_clicked(self) -> None:
        micrograph = chosen_micrograph(self._viewer)
        if micrograph is not None:
            draw_region(self._viewer, micrograph)
            self._form.status.say(f"Click the corners of a region of {micrograph.name}; a double click closes it.")

    def _on_wand_toggled(self, on: bool) -> None:
        micrograph = chosen_micrograph(self._viewer)
        try:
            self.wand.switch(micrograph if on else None)
        except CSUNetError as error:
            self._form.wand.setChecked(False)
            self._form.status.say_error(error)

    def _on_undo_clicked(self) -> None:
        micrograph = chosen_micrograph(self._viewer)
        labels = None if micrograph is None else labels_for(self._viewer, micrograph)
        if labels is not None:
            self._viewer.layers.selection.active = labels
            labels.undo()
            self._say("")


@dataclass(frozen=True, eq=False)
class _Taken:
    """The first of the pixels that were taken over: undoing all of them undoes this one."""

    labels: Labels
    pixel: tuple[int, ...]

    @classmethod
    def of(cls, labels: Labels, place: Any, taken: npt.NDArray[np.bool_]) -> _Taken | None:
        if not taken.any():
            return None
        pixel = tuple(int(i) for i in np.unravel_index(int(taken.argmax()), taken.shape))
        return cls(labels, pixel if place is ... else (int(place), *pixel))

    @property
    def is_undone(self) -> bool:
        return not self.labels.data[self.pixel]


def _said(count: int, micrograph: str) -> str:
    if not count:
        return "There is nothing to take over: all of it is painted already, or not certain enough."
    return f"{pixels_text(count)} of the mask are labels of {micrograph} now."


def _label_values(mask: Labels, of_mask: ClassTable | None, labels: Labels, of_labels: ClassTable) -> dict[int, int]:
    """The label value of each mask value. Raises LabelError if the labels lack a class of the mask."""
    if of_mask is None:
        raise LabelError(f"{mask.name} does not say what its classes are. Predict again.")
    found = label_values(of_mask, of_labels)
    lacking = ", ".join(one.name for one in of_mask.classes if one.value not in found)
    if lacking:
        raise LabelError(
            f"{labels.name} lacks classes that {mask.name} has: {lacking}. Add classes of these names, give yours of "
            "the same meaning these names, or make new labels."
        )
    largest = np.iinfo(labels.data.dtype).max
    if max(found.values()) > largest:
        raise LabelError(f"{labels.name} cannot hold label values above {largest}. Make new labels.")
    return found
