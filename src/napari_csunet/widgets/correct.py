"""The *Correct* fold at work: turns masks into labels, lends the magic wand, takes changes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Labels
from qtpy.QtCore import QObject

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError, LabelError
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

    def __init__(self, viewer: ViewerModel, form: CorrectForm, classes: Callable[[], ClassTable]) -> None:
        """``classes``: those of a new label layer where no mask tells them."""
        super().__init__()
        self._viewer, self._form, self._classes = viewer, form, classes
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
        self.wand.disconnect_viewer()

    def refresh(self, event: object = None) -> None:
        """Enables what can be done now."""
        self.wand.forget_closed()
        micrograph = chosen_micrograph(self._viewer)
        labels = None if micrograph is None else labels_for(self._viewer, micrograph)
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
        return (classes_of(mask.metadata) if mask is not None else None) or self._classes()

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
        taken = taken_over(np.asarray(labels.data[place]), values, _shared_values(mask, labels), inside)
        paint(labels, place, taken, values[taken])
        self._form.status.say(_said(int(taken.sum()), str(micrograph.name)))

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


def _said(count: int, micrograph: str) -> str:
    if not count:
        return "There is nothing to take over: all of it is painted already, or not certain enough."
    return f"{pixels_text(count)} of the mask are labels of {micrograph} now."


def _shared_values(mask: Labels, labels: Labels) -> tuple[int, ...]:
    """Label values that are classes of both. Raises LabelError if the mask has classes that the labels lack."""
    of_mask, of_labels = classes_of(mask.metadata), classes_of(labels.metadata)
    if of_mask is None:
        raise LabelError(f"{mask.name} does not say what its classes are. Predict again.")
    known = of_mask.values if of_labels is None else of_labels.values
    strange = [f"{one.value} ({one.name})" for one in of_mask.classes if one.value not in known]
    largest = np.iinfo(labels.data.dtype).max
    if strange or max(of_mask.values) > largest:
        lacking = ", ".join(strange) or f"those above {largest}"
        raise LabelError(f"{labels.name} lacks classes of the mask: {lacking}. Add them, or make new labels.")
    return of_mask.values
